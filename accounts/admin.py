"""Accounts, apps, agents and events in the admin. Keys and tokens have no page at all."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_display import badge, moment_tag
from accounts.admin_readonly import ListAdmin, ReadOnlyAdmin, person
from accounts.models import Account, Agent, AgentToken, Capability, DeveloperApp, Event
from accounts.selectors import capabilities_of, health_of
from accounts.services.agents import revoke_agent_token


class AccountForm(forms.ModelForm[Account]):
    """The two things of an account that are set here; the rest comes from X."""

    timezone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        help_text="Times without a zone are read, and shown, in this one.",
    )
    grace_minutes = forms.IntegerField(
        min_value=0,
        max_value=7 * 24 * 60,
        help_text="How late a post may still leave; later ones wait for a person.",
    )

    class Meta:
        model = Account
        fields = ["timezone", "grace_minutes"]


@admin.register(Account)
class AccountAdmin(ListAdmin):
    form = AccountForm
    list_display = ("name", "health", "status_reason", "app", "auth_kind", "timezone")
    list_filter = ("status", "auth_kind", "app")
    list_select_related = ("app",)
    search_fields = ("username", "display_name", "=x_user_id", "=slot")
    readonly_fields = (
        "slot",
        "identity",
        "health_report",
        "queue_links",
        "app",
        "auth_kind",
        "access_level",
        "scopes",
        "verified_at",
        "token_expires_at",
        "capabilities",
    )
    fieldsets = (
        (None, {"fields": ("slot", "identity", "health_report", "queue_links")}),
        ("Settings", {"fields": ("timezone", "grace_minutes")}),
        (
            "Connection",
            {
                "fields": (
                    "app",
                    "auth_kind",
                    "access_level",
                    "scopes",
                    "verified_at",
                    "token_expires_at",
                )
            },
        ),
        ("What it may do on X", {"fields": ("capabilities",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # ./xm connect_account asks X first whose tokens these are

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Account", ordering="slot")
    def name(self, account: Account) -> SafeString:
        return format_html(
            '<span class="slot">slot {}</span> {}',
            account.slot,
            f"@{account.username}" if account.username else "nobody yet",
        )

    @admin.display(description="Health", ordering="status")
    def health(self, account: Account) -> SafeString:
        return badge(account.status, account.get_status_display())

    @admin.display(description="X identity")
    def identity(self, account: Account) -> SafeString | str:
        if not account.x_user_id:
            return "No X account is connected here."
        return format_html(
            '<a href="https://x.com/{}" rel="noopener noreferrer" target="_blank">@{}</a> '
            "{} · id {}",
            account.username,
            account.username,
            account.display_name,
            account.x_user_id,
        )

    @admin.display(description="Health")
    def health_report(self, account: Account) -> SafeString:
        health = health_of(account)
        return format_html(
            '{} <span class="cause">{}</span> <span class="next-step">{}</span>',
            badge(health.status, health.status.replace("_", " ").capitalize()),
            health.reason,
            health.next_step,
        )

    @admin.display(description="Posts and sending")
    def queue_links(self, account: Account) -> SafeString:
        return format_html(
            '<a href="{}?account__id__exact={}">Posts of this account</a> · '
            '<a href="{}?target=account:{}">Pause or resume this account</a>',
            reverse("admin:publishing_post_changelist"),
            account.pk,
            reverse("admin:ops_pause"),
            account.slot,
        )

    @admin.display(description="Capabilities")
    def capabilities(self, account: Account) -> SafeString:
        return render_to_string(
            "admin/accounts/account/capabilities.html",
            {"capabilities": capabilities_of(account)},
        )


@admin.register(DeveloperApp)
class DeveloperAppAdmin(ListAdmin):
    list_display = ("name", "plan", "account_count", "created_at")
    list_filter = ("plan",)
    search_fields = ("name",)
    fields = ("name", "plan", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeveloperApp]:
        found: QuerySet[DeveloperApp] = super().get_queryset(request)
        return found.annotate(account_count=Count("accounts"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made with its keys, by ./xm connect_account

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Accounts", ordering="account_count")
    def account_count(self, app: Any) -> int:
        return int(app.account_count)


@admin.register(Agent)
class AgentAdmin(ListAdmin):
    list_display = ("name", "is_active", "token_count", "owner", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("owner",)
    search_fields = ("name",)
    fields = ("name", "is_active", "owner", "created_at")
    readonly_fields = ("name", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        found: QuerySet[Agent] = super().get_queryset(request)
        return found.annotate(token_count=Count("tokens"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made with its first token, by ./xm create_agent_token

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Tokens", ordering="token_count")
    def token_count(self, agent: Any) -> int:
        return int(agent.token_count)


@admin.register(AgentToken)
class AgentTokenAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "agent", "state", "scope_list", "expires_at", "last_used_at")
    list_filter = ("agent",)
    list_select_related = ("agent",)
    search_fields = ("=public_id", "agent__name")
    fields = (
        "agent",
        "public_id",
        "state",
        "scope_list",
        "all_accounts",
        "accounts",
        "networks",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "created_at",
    )
    readonly_fields = ("state", "scope_list")
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_agenttoken")

    @admin.display(description="State")
    def state(self, token: AgentToken) -> SafeString:
        if token.revoked_at:
            return badge("cancelled", "Revoked")
        if token.expires_at <= timezone.now():
            return badge("cancelled", "Ended")
        return badge("active", "Valid")

    @admin.display(description="Scopes")
    def scope_list(self, token: AgentToken) -> str:
        return ", ".join(token.scopes)

    @admin.action(description="Revoke…", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[AgentToken]) -> HttpResponse | None:
        if request.POST.get("confirmed") != "yes":
            return TemplateResponse(
                request,
                "admin/ops/confirm.html",
                {
                    **self.admin_site.each_context(request),
                    "title": "Revoke these tokens?",
                    "consequence": "The next request with one of them is refused. A revoked token "
                    "can't be brought back; create_agent_token makes a new one.",
                    "lines": [f"{token} of {token.agent}" for token in tokens],
                    "hidden": [("action", "revoke")],
                    "selected": [token.pk for token in tokens],
                    "button": "Revoke",
                    "back": reverse("admin:accounts_agenttoken_changelist"),
                },
            )
        revoked = sum(revoke_agent_token(token, actor=person(request)) for token in tokens)
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
        return None


@admin.register(Capability)
class CapabilityAdmin(ReadOnlyAdmin):
    list_display = ("account", "name", "verdict", "reason", "learned_at", "retry_at")
    list_filter = ("name", "allowed", "account")
    list_select_related = ("account",)
    search_fields = ("account__username", "reason")

    @admin.display(description="Allowed", ordering="allowed")
    def verdict(self, capability: Capability) -> SafeString:
        if capability.allowed is None:
            return badge("unknown", "Not sure yet")
        return badge("done", "Yes") if capability.allowed else badge("failed", "No")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("when", "name", "actor_label", "account_slot", "object_type", "object_id")
    list_display_links = ("name",)
    list_filter = ("name", "actor_kind", "object_type")
    search_fields = ("=object_id", "actor_label")

    @admin.display(description="When", ordering="id")
    def when(self, event: Event) -> SafeString | str:
        return moment_tag(event.at)
