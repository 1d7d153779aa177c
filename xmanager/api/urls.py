from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from xmanager.api.views import DocsView, ManifestView, NoRouteView, ReadinessView

urlpatterns = [
    path("system/agent", ManifestView.as_view()),
    path("system/readiness", ReadinessView.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", DocsView.as_view()),
    path("", include("accounts.urls")),
    path("", include("execution.urls")),
    path("", include("publishing.urls")),
    re_path(r"^(?P<rest>.*)$", NoRouteView.as_view()),
]
