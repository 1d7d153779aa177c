"""Pausing and resuming, for people: who, since when, why, and what waits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views import View

from accounts.admin_readonly import person
from accounts.errors import XManagerError
from accounts.models import Account, Agent
from execution import clock
from execution.models import Action
from execution.services.pause import held_back, pause, resume
from policy.models import PauseScope
from xmanager.overview import Pause, pauses_now

SHOWN = 50


def _targets() -> list[tuple[str, str]]:
    accounts = [
        (f"account:{a.slot}", f"@{a.username} (slot {a.slot})" if a.username else f"Slot {a.slot}")
        for a in Account.objects.order_by("slot")
    ]
    agents = [(f"agent:{a.name}", f"Agent {a.name}") for a in Agent.objects.order_by("name")]
    return [("all:", "Everything"), *accounts, *agents]


class PauseForm(forms.Form):
    target = forms.ChoiceField(choices=_targets, label="Pause what")
    reason = forms.CharField(
        max_length=300, label="Why", help_text="Everybody sees it for as long as the pause lasts."
    )


class ResumeForm(forms.Form):
    target = forms.CharField(widget=forms.HiddenInput, max_length=200)
    backlog = forms.ChoiceField(
        label="What waited meanwhile",
        widget=forms.RadioSelect,
        initial="spread",
        choices=[
            ("spread", "Spread it: one every 5 minutes for each account"),
            ("release", "Release it: everything leaves now"),
            ("drop", "Drop it: cancel everything that waited"),
        ],
    )


class OpsView(PermissionRequiredMixin, View):
    """A page of ours in the admin site: staff without the permission get 403."""

    admin_site: Any = None
    raise_exception = True

    def page(self, template: str, **context: Any) -> HttpResponse:
        self.request.current_app = self.admin_site.name
        return TemplateResponse(
            self.request, template, {**self.admin_site.each_context(self.request), **context}
        )


def _held(found: Pause) -> Any:
    return held_back(found.switch, clock.now()).select_related("account").order_by("due_at", "id")


class PauseView(OpsView):
    """What is paused, and the form to pause. Whoever may see pauses sees it."""

    permission_required = "policy.view_pauseswitch"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(PauseForm(initial={"target": request.GET.get("target", "all:")}))

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("policy.pause_sending"):
            return self.handle_no_permission()
        form = PauseForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        scope, _, value = form.cleaned_data["target"].partition(":")
        try:
            done = pause(
                scope=scope,
                value=value,
                reason=form.cleaned_data["reason"],
                actor=person(request),
            )
        except XManagerError as error:
            form.add_error(None, error.detail)
            return self._page(form)
        under_way = len(done["in_flight"])
        messages.success(
            request,
            "Paused. Nothing in scope starts any more."
            + (f" {under_way} already under way may still end." if under_way else ""),
        )
        return redirect("admin:ops_pause")

    def _page(self, form: PauseForm) -> HttpResponse:
        now = clock.now()
        rows = [(found, held_back(found.switch, now).count()) for found in pauses_now()]
        return self.page("admin/ops/pause.html", title="Pause and resume", form=form, rows=rows)


class ResumeView(OpsView):
    """Lifting one pause: shows what it holds and asks what becomes of it."""

    permission_required = "policy.pause_sending"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, request.GET.get("target", ""), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ResumeForm(request.POST)
        target = request.POST.get("target", "")
        if not form.is_valid():
            return self._page(request, target, form)
        scope, _, value = target.partition(":")
        try:
            done = resume(
                scope=scope,
                value=value,
                backlog=form.cleaned_data["backlog"],
                actor=person(request),
            )
        except XManagerError as error:
            messages.error(request, error.detail)
            return redirect("admin:ops_pause")
        became = {
            "release": "leave now",
            "spread": "leave one after the other",
            "drop": "were cancelled",
        }[done["backlog"]]
        messages.success(request, f"Resumed. {done['held']} that waited {became}.")
        if scope != PauseScope.ALL and any(p.switch.scope == PauseScope.ALL for p in pauses_now()):
            messages.warning(request, "Everything is still paused by a wider pause.")
        return redirect("admin:ops_pause")

    def _page(self, request: HttpRequest, target: str, form: ResumeForm | None) -> HttpResponse:
        found = next((each for each in pauses_now() if each.target == target), None)
        if found is None:
            messages.info(request, "That is not paused (any more).")
            return redirect("admin:ops_pause")
        held = _held(found)
        shown: list[Action] = list(held[:SHOWN])
        return self.page(
            "admin/ops/resume.html",
            title=f"Resume: {found.what}",
            found=found,
            held_count=held.count(),
            held=shown,
            form=form or ResumeForm(initial={"target": target, "backlog": "spread"}),
        )
