"""The status of an account: every change is one compare-and-set and one event."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.events import EventName, record_event
from accounts.models import Account, AccountSecret
from accounts.principals import Principal
from accounts.states import AccountStatus

REASON_CHARS = 300


def mark_reconnect_needed(
    account: Account, reason: str, actor: Principal, *, generation: int | None = None
) -> bool:
    """Stop using the account's tokens until a person connects it again. Its work waits.

    With `generation`, only if that is still the stored one: a late verdict about old tokens
    must not take down an account that was connected again meanwhile. True if it changed.
    """
    with transaction.atomic():
        _lock(account)
        if generation is not None:
            secrets = AccountSecret.objects.filter(account=account, generation=generation)
            if not secrets.exists():
                return False
        return _change(
            account,
            to=AccountStatus.RECONNECT_NEEDED,
            only_from=(AccountStatus.CONNECTED,),
            reason=reason,
            actor=actor,
            event=EventName.ACCOUNT_RECONNECT_NEEDED,
        )


def mark_connected(account: Account, actor: Principal, *, reason: str = "") -> bool:
    """X accepts the stored tokens (again). True if that is news.

    A disconnected account has no tokens to be connected with: it is left alone.
    """
    with transaction.atomic():
        _lock(account)
        return _change(
            account,
            to=AccountStatus.CONNECTED,
            only_from=(AccountStatus.RECONNECT_NEEDED,),
            reason=reason,
            actor=actor,
            event=EventName.ACCOUNT_CONNECTED,
        )


def disconnect_account(account: Account, actor: Principal, *, reason: str = "") -> bool:
    """Delete the account's tokens. The slot, its identity and its queue stay, and wait."""
    with transaction.atomic():
        _lock(account)
        AccountSecret.objects.filter(account=account).delete()
        return _change(
            account,
            to=AccountStatus.DISCONNECTED,
            only_from=(AccountStatus.CONNECTED, AccountStatus.RECONNECT_NEEDED),
            reason=reason or f"Disconnected by {actor.label}.",
            actor=actor,
            event=EventName.ACCOUNT_DISCONNECTED,
        )


def tell_trouble(account: Account, reason: str, actor: Principal, event: EventName) -> None:
    """Show a trouble that does not (yet) stop the account; repeated unchanged it is no news."""
    with transaction.atomic():
        _lock(account)
        changed = (
            Account.objects.filter(pk=account.pk)
            .exclude(status_reason=reason[:REASON_CHARS])
            .update(status_reason=reason[:REASON_CHARS])
        )
        if changed:
            _record(account, event, actor, reason=reason)
    account.refresh_from_db(fields=["status", "status_reason"])


def _lock(account: Account) -> None:
    """Queue up behind whoever is changing this account (on SQLite the transaction does)."""
    Account.objects.select_for_update().get(pk=account.pk)


def _change(
    account: Account,
    *,
    to: AccountStatus,
    only_from: tuple[AccountStatus, ...],
    reason: str,
    actor: Principal,
    event: EventName,
) -> bool:
    changed = Account.objects.filter(pk=account.pk, status__in=only_from).update(
        status=to, status_reason=reason[:REASON_CHARS], status_changed_at=timezone.now()
    )
    if changed:
        _record(account, event, actor, reason=reason)
    account.refresh_from_db(fields=["status", "status_reason", "status_changed_at"])
    return bool(changed)


def _record(account: Account, event: EventName, actor: Principal, *, reason: str) -> None:
    record_event(
        event,
        actor=actor,
        object_type="account",
        object_id=account.pk,
        account_slot=account.slot,
        reason=reason,
    )
