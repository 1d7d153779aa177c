"""What may be known about the accounts: status, next step, capabilities. Never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.capability_rules import RULES, WHEN_SUMMONED, Allowed, Rule, lacking
from accounts.errors import UndecryptableError
from accounts.fields import SecretTextField
from accounts.models import Account, AccountSecret, AppSecret, Capability
from accounts.principals import Principal
from accounts.states import AccountStatus, AppPlan, AuthKind

Source = Literal["connection", "permissions", "learned", "plan", "unknown"]
ENDS_SOON = timedelta(minutes=30)


@dataclass(frozen=True)
class Health:
    """`status` is the account's, or `unreadable` where no key opens its tokens.

    `reason` and `next_step` are sentences for people, empty when there is nothing to say.
    """

    status: str
    reason: str
    next_step: str

    @property
    def ok(self) -> bool:
        return self.status == AccountStatus.CONNECTED


@dataclass(frozen=True)
class CapabilityState:
    """Whether an account may do something now.

    `allowed`: True, False, "when_summoned" (replies, to who addressed us), or None for not known:
    then it may be tried. `source` says how it is known: X's plan, the token's permissions, what X
    answered, or that the account is not connected. `retry_at`: when a refusal is tried again.
    """

    name: str
    allowed: Allowed
    reason: str
    source: Source
    learned_at: datetime | None = None
    retry_at: datetime | None = None


def visible_accounts(principal: Principal) -> QuerySet[Account]:
    """The accounts that this principal may know of, with their app, in the order of the slots."""
    accounts = Account.objects.select_related("app").order_by("slot")
    if principal.slots is not None:
        accounts = accounts.filter(slot__in=principal.slots)
    return accounts


def health_of(account: Account) -> Health:
    """How the account is, why, and what to do. Opens its tokens to see that they can be opened."""
    connect = f"Run: ./xm connect_account --slot {account.slot}"
    if account.status == AccountStatus.DISCONNECTED:
        reason = account.status_reason or "No X account has been connected here."
        return Health(account.status, reason, connect)
    if account.status == AccountStatus.RECONNECT_NEEDED:
        return Health(account.status, account.status_reason, connect)
    if not _readable(account):
        return Health(
            "unreadable",
            "No key in FIELD_ENCRYPTION_KEY opens this account's tokens.",
            f"Add the key they were written with. If it is lost: {connect}",
        )
    ends = account.token_expires_at
    if ends is not None and not _renewable(account) and ends - timezone.now() < ENDS_SOON:
        reason = f"The token ends at {ends:%Y-%m-%d %H:%M} UTC and came without a refresh token."
        return Health(
            account.status, reason, f"Authorize the app with offline.access, then {connect}"
        )
    return Health(account.status, account.status_reason, "")


def capabilities_of(account: Account, *, now: datetime | None = None) -> list[CapabilityState]:
    """What the account may do now, and why not: one entry per kind of effect."""
    learned = {row.name: row for row in Capability.objects.filter(account=account)}
    return [
        _capability(account, rule, learned.get(rule.name), now or timezone.now())
        for rule in RULES.values()
    ]


def capability_of(account: Account, name: str, *, now: datetime | None = None) -> CapabilityState:
    """One of `capabilities_of`, in one query."""
    learned = Capability.objects.filter(account=account, name=name).first()
    return _capability(account, RULES[name], learned, now or timezone.now())


def _capability(
    account: Account, rule: Rule, learned: Capability | None, now: datetime
) -> CapabilityState:
    if account.status != AccountStatus.CONNECTED:
        reason = account.status_reason or f"The account is {account.get_status_display().lower()}."
        return CapabilityState(rule.name, False, reason, "connection")
    missing = lacking(rule, access_level=account.access_level, scopes=account.scopes)
    if missing:
        reason = f"The token lacks {missing}. Grant it in X's console, then connect again."
        return CapabilityState(rule.name, False, reason, "permissions", account.verified_at)
    if learned is not None and learned.allowed is False:
        due = learned.retry_at is not None and learned.retry_at <= now
        return CapabilityState(
            rule.name,
            None if due else False,
            f"X refused it: {learned.reason}" + (" It may be tried again." if due else ""),
            "learned",
            learned.learned_at,
            learned.retry_at,
        )
    self_serve = account.app is None or account.app.plan == AppPlan.SELF_SERVE
    by_plan = rule.self_serve if self_serve else None
    succeeded = learned is not None and learned.allowed is True
    # A reply that went out was a summoned one: it does not lift that condition.
    if by_plan == WHEN_SUMMONED or (by_plan is False and not succeeded):
        return CapabilityState(rule.name, by_plan, rule.self_serve_reason, "plan")
    if learned is not None and succeeded:
        return CapabilityState(rule.name, True, learned.reason, "learned", learned.learned_at)
    if rule.assumed and (account.scopes or account.access_level):
        reason = "The token has the permission for it."
        return CapabilityState(rule.name, True, reason, "permissions", account.verified_at)
    if learned is not None:
        reason = f"X refused it once: {learned.reason}"
        return CapabilityState(rule.name, None, reason, "learned", learned.learned_at)
    return CapabilityState(rule.name, None, rule.unknown_reason, "unknown")


def secret_models() -> list[tuple[type[Model], list[str]]]:
    """Every table with encrypted columns, whichever app it belongs to, and those columns."""
    found = []
    for model in apps.get_models():
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, SecretTextField)]
        if names:
            found.append((model, names))
    return found


def unreadable_secrets() -> Iterator[str]:
    """The rows that no key opens, named like `accounts.AccountSecret 3`."""
    for model, names in secret_models():
        manager = model._default_manager
        for pk in manager.order_by("pk").values_list("pk", flat=True):
            try:
                manager.only(*names).filter(pk=pk).first()
            except UndecryptableError:
                yield f"{model._meta.label} {pk}"


def _readable(account: Account) -> bool:
    try:
        AccountSecret.objects.filter(account=account).first()
        AppSecret.objects.filter(app_id=account.app_id).first()
    except UndecryptableError:
        return False
    return True


def _renewable(account: Account) -> bool:
    if account.auth_kind != AuthKind.OAUTH2:
        return True
    secret = AccountSecret.objects.filter(account=account).only("refresh_token").first()
    return secret is not None and bool(secret.refresh_token)
