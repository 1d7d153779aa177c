"""Connecting a slot to an X account, for the first time or again."""

from __future__ import annotations

from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone as django_timezone

from accounts import queue_guard
from accounts.errors import ConflictError, InvalidError
from accounts.events import EventName, record_event
from accounts.models import Account, AccountSecret, Capability
from accounts.principals import Principal
from accounts.services.developer_apps import app_for, forget_unreadable
from accounts.services.identity import Verified, verify
from accounts.states import AccountStatus, AppPlan, AuthKind
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials
from accounts.x.types import OnCall, User

MAX_SLOT = 2**31 - 1


class QueueChoice(StrEnum):
    """What becomes of a slot's queue when the slot goes to another X account."""

    REFUSE = "refuse"
    CANCEL = "cancel"


def connect_account(
    *,
    slot: int,
    credentials: OAuth1Credentials | OAuth2Credentials,
    actor: Principal,
    timezone: str | None = None,
    app_name: str | None = None,
    plan: AppPlan | None = None,
    deal_with_queue: QueueChoice = QueueChoice.REFUSE,
    on_call: OnCall | None = None,
) -> Account:
    """Verify the credentials with X and keep them in the slot, which is made if need be.

    What is None stays as it is (a new slot: UTC, an app of its own, self-serve). Raises
    InvalidError and ConflictError: `x_unreachable` and its like (see `identity.verify`),
    `identity_in_other_slot`, `other_identity` (the slot has work queued for another X account),
    `other_app`. Nothing is kept then.
    """
    _check_input(slot, timezone)
    verified = verify(credentials, on_call=on_call)
    try:
        with transaction.atomic():
            return _keep(
                slot=slot,
                verified=verified,
                actor=actor,
                zone=timezone,
                app_name=app_name,
                plan=plan,
                deal_with_queue=deal_with_queue,
            )
    except IntegrityError:
        # Two connections at once: the constraints let one of them through.
        raise ConflictError(
            "connected_meanwhile",
            f"Slot {slot} or @{verified.user.username} was connected by somebody else just now. "
            "Look at the accounts, then try again.",
        ) from None


def _check_input(slot: int, zone: str | None) -> None:
    if not 1 <= slot <= MAX_SLOT:
        raise InvalidError.of("slot", "invalid", "A slot is a whole number from 1.")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            raise InvalidError.of(
                "timezone", "invalid", f"{zone!r} is no time zone. Write it like Europe/Lisbon."
            ) from None


def _keep(
    *,
    slot: int,
    verified: Verified,
    actor: Principal,
    zone: str | None,
    app_name: str | None,
    plan: AppPlan | None,
    deal_with_queue: QueueChoice,
) -> Account:
    user = verified.user
    account, _ = Account.objects.select_for_update().get_or_create(slot=slot)
    _refuse_identity_of_other_slot(account, user)
    previous = account.username if account.x_user_id not in ("", user.id) else ""
    if previous:
        _clear_queue(account, user, deal_with_queue, actor)
    former = account.app
    account.app = app_for(verified.credentials, name=app_name, plan=plan)
    account.x_user_id = user.id
    account.username = user.username
    account.display_name = user.name[:100]
    oauth2 = isinstance(verified.credentials, OAuth2Credentials)
    account.auth_kind = AuthKind.OAUTH2 if oauth2 else AuthKind.OAUTH1
    account.status = AccountStatus.CONNECTED
    account.status_reason = ""
    account.access_level = verified.access_level
    account.scopes = list(verified.scopes)
    now = django_timezone.now()
    account.status_changed_at = account.verified_at = now
    account.token_expires_at = getattr(verified.credentials, "expires_at", None)
    account.timezone = zone or account.timezone
    account.save()
    _store_tokens(account, verified.credentials)
    if former is not None:
        forget_unreadable(former)
    # What other tokens were refused says nothing about these.
    Capability.objects.filter(account=account).delete()
    record_event(
        EventName.ACCOUNT_CONNECTED,
        actor=actor,
        object_type="account",
        object_id=account.pk,
        account_slot=slot,
        username=user.username,
        x_user_id=user.id,
        auth_kind=account.auth_kind,
        app=account.app.name,
        **({"previous_username": previous} if previous else {}),
    )
    return account


def _refuse_identity_of_other_slot(account: Account, user: User) -> None:
    other = Account.objects.filter(x_user_id=user.id).exclude(pk=account.pk).first()
    if other is not None:
        raise ConflictError(
            "identity_in_other_slot",
            f"@{user.username} is in slot {other.slot} already, and an X account has one slot. "
            f"Connect slot {other.slot} again, or give other credentials for slot {account.slot}.",
        )


def _clear_queue(account: Account, user: User, choice: QueueChoice, actor: Principal) -> None:
    """Never let what was written for one X account leave under another's name."""
    if choice is QueueChoice.CANCEL:
        queue_guard.cancel_queue(account, actor)
    waiting = queue_guard.queued_count(account)
    if waiting:
        left = "running or of unknown outcome" if choice is QueueChoice.CANCEL else "queued"
        way = (
            "Settle it first."
            if choice is QueueChoice.CANCEL
            else "Let it leave or cancel it first (--cancel-queue), or use another slot."
        )
        raise ConflictError(
            "other_identity",
            f"Slot {account.slot} belongs to @{account.username} and has {waiting} "
            f"{'action' if waiting == 1 else 'actions'} {left}, which would leave as "
            f"@{user.username}. {way}",
            extra={"queued": waiting},
        )


def _store_tokens(account: Account, credentials: OAuth1Credentials | OAuth2Credentials) -> None:
    secret = AccountSecret.objects.select_for_update().defer(*_SECRETS).filter(account=account)
    row = secret.first() or AccountSecret(account=account, generation=0)
    row.access_token = credentials.access_token
    row.access_token_secret = getattr(credentials, "access_token_secret", "")
    row.refresh_token = getattr(credentials, "refresh_token", None) or ""
    row.generation += 1
    row.refreshed_at = None
    row.refresh_lease = ""
    row.refresh_lease_until = None
    row.save()


# Not read before they are replaced: connecting again is the way out of a lost encryption key.
_SECRETS = ("access_token", "access_token_secret", "refresh_token")
