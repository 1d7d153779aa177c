"""What holds work up, and what was asked of X. Pausing itself has a page of its own."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.admin_display import badge, moment_tag
from accounts.admin_readonly import HiddenFromMenuMixin, ReadOnlyAdmin
from policy.models import Cooldown, Gate, PauseSwitch, XCall


@admin.register(PauseSwitch)
class PauseSwitchAdmin(ReadOnlyAdmin):
    list_display = ("scope", "value", "reason", "by_label", "since")
    list_filter = ("scope",)
    search_fields = ("reason", "by_label")
    fields = ("scope", "value", "reason", "by_label", "since")


@admin.register(Cooldown)
class CooldownAdmin(ReadOnlyAdmin):
    list_display = ("account", "operation", "until", "reason", "failures")
    list_filter = ("operation", "account")
    list_select_related = ("account",)
    search_fields = ("account__username", "reason")


@admin.register(XCall)
class XCallAdmin(ReadOnlyAdmin):
    list_display = (
        "when",
        "account",
        "operation",
        "verdict",
        "duration_ms",
        "cost_usd",
        "limit_remaining",
    )
    list_filter = ("operation", "account")
    list_select_related = ("account",)
    search_fields = ("=request_id", "=error_code")

    @admin.display(description="When", ordering="id")
    def when(self, call: XCall) -> SafeString | str:
        return moment_tag(call.started_at, call.account)

    @admin.display(description="Answer", ordering="status")
    def verdict(self, call: XCall) -> SafeString:
        fine = call.status is not None and call.status < 400 and not call.error_code
        words = f"{call.status or 'no answer'} {call.error_code}".strip()
        return badge("done" if fine else "failed", words)


@admin.register(Gate)
class GateAdmin(HiddenFromMenuMixin, ReadOnlyAdmin):
    list_display = ("id", "epoch")
