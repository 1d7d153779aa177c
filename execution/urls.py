from django.urls import path

from execution.api.pause import PauseView, ResumeView

urlpatterns = [
    path("agent/pause", PauseView.as_view()),
    path("agent/resume", ResumeView.as_view()),
]
