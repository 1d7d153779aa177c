from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

APP_ORDER = ("publishing", "accounts", "execution", "policy", "auth", "django_q")


class OpsAdminSite(admin.AdminSite):
    """The admin site that the Ops Center lives in."""

    site_header = "X Manager"
    site_title = "X Manager"
    index_title = "Operations"
    site_url = None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from xmanager.ops_pause import PauseView, ResumeView

        # Before the stock ones, which end with a catch-all.
        return [
            path("pause/", self.admin_view(PauseView.as_view(admin_site=self)), name="ops_pause"),
            path(
                "pause/resume/",
                self.admin_view(ResumeView.as_view(admin_site=self)),
                name="ops_resume",
            ),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Whether sending is paused is part of every page."""
        from xmanager.overview import pauses_now

        context = super().each_context(request)
        if context["has_permission"]:
            context["pauses"] = pauses_now()
            context["may_pause"] = request.user.has_perm("policy.pause_sending")
        return context

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """The start page: what goes out next, what needs a person, is it alive."""
        from xmanager.overview import overview

        return super().index(request, {"overview": overview(), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What is used daily first."""
        apps = super().get_app_list(request, app_label)
        places = {label: place for place, label in enumerate(APP_ORDER)}
        return sorted(apps, key=lambda app: places.get(app["app_label"], len(places)))
