"""An account's tokens in use: opened, renewed by one process at a time, given up on proof only.

X's refresh tokens work once. A second refresh with the same one can end the whole grant (users
report so), and a lost answer may have spent it. Hence the lease on the secret's row: whoever
holds it talks to X, the others wait for the new pair. No transaction is open meanwhile.
"""

from __future__ import annotations

import logging
import secrets as random_secrets
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.errors import ConflictError
from accounts.events import EventName, record_event
from accounts.models import Account, AccountSecret, AppSecret
from accounts.principals import SYSTEM
from accounts.services import refresh_lease
from accounts.services.refresh_lease import Lease
from accounts.services.x_accounts import mark_connected, mark_reconnect_needed, tell_trouble
from accounts.states import AuthKind
from accounts.x import oauth
from accounts.x.client import XClient
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials
from accounts.x.errors import InvalidGrant, Unauthorized, Unknown, XError
from accounts.x.transport import Timeouts
from accounts.x.types import OnCall, TokenPair

logger = logging.getLogger(__name__)

REFRESH_AHEAD = timedelta(minutes=10)
REST_AFTER_FAILURE = timedelta(seconds=30)
FRESHLY_REFRESHED = timedelta(minutes=2)
POLL_SECONDS = 0.1
CHECK_SECONDS = 15.0
LOST_PAIR = (
    "X did not answer the renewal of this account's token, so its new token may be lost. It is "
    "tried again with the old one; if X refuses that, the account has to be connected again."
)


class AccountClient(XClient):
    """A client of one account that knows which of its token pairs it signs with.

    Hand `generation` to `refresh_after_401` when X refuses the tokens.
    """

    def __init__(self, *args: Any, generation: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.generation = generation


def client_for(account: Account, *, on_call: OnCall | None = None) -> AccountClient:
    """A client that acts as this account, with the tokens as stored now.

    Raises ConflictError `account_not_connected`, and UndecryptableError where no key opens
    the stored tokens (both stop this account only).
    """
    secret = _stored(account)
    if secret is None:
        raise ConflictError(
            "account_not_connected",
            f"Slot {account.slot} is not connected. Run: ./xm connect_account --slot "
            f"{account.slot}",
        )
    return _client(secret, on_call)


def refresh_if_needed(account: Account, *, on_call: OnCall | None = None) -> None:
    """Renew an OAuth 2.0 token that has less than ten minutes left. Call it before `client_for`.

    Trouble on the way leaves the account connected and rests for half a minute; see
    `account.status` for the rare refusal that ends the grant.
    """
    secret = _stored(account)
    if secret is None or not secret.refresh_token:
        return
    expires_at = secret.account.token_expires_at
    if expires_at is None or expires_at - timezone.now() >= REFRESH_AHEAD:
        return
    if not refresh_lease.resting(secret):
        _refresh(secret, on_call)
    _reread(account)


def refresh_after_401(
    account: Account, used_generation: int, *, on_call: OnCall | None = None
) -> bool:
    """X answered 401 to a call signed with `used_generation` (of `AccountClient`).

    True: there is another pair now, the call may be made again with a new client. False: it
    would be refused again, or X could not be asked; `account.status` tells which. Tokens that
    can't be renewed (OAuth 1.0a, or renewed moments ago) are given up only when X also refuses
    them the account's own profile.
    """
    secret = _stored(account)
    if secret is None:
        return False
    if secret.generation != used_generation:
        return True
    just_now = timezone.now() - FRESHLY_REFRESHED
    renewable = secret.refresh_token and not (
        secret.refreshed_at is not None and secret.refreshed_at > just_now
    )
    renewed = _refresh(secret, on_call) if renewable else _check(account, secret, on_call)
    _reread(account)
    return renewed


def _check(account: Account, secret: AccountSecret, on_call: OnCall | None) -> bool:
    """Ask X for the profile with these tokens; a 401 there too ends their use. Never True."""
    try:
        _client(secret, on_call, read_retry_cap=CHECK_SECONDS).me()
    except Unauthorized:
        mark_reconnect_needed(
            account,
            "X no longer accepts this account's tokens (401).",
            SYSTEM,
            generation=secret.generation,
        )
    except XError as error:
        logger.warning("could not verify the tokens of slot %s: %s", account.slot, error)
    return False


def _refresh(secret: AccountSecret, on_call: OnCall | None) -> bool:
    """Have a newer pair than this one in store, by our own refresh or somebody else's."""
    holder = random_secrets.token_hex(16)
    patience = time.monotonic() + settings.XM_CALL_DEADLINE_SECONDS
    while (taken := refresh_lease.take(secret, holder)) is Lease.HELD:
        if time.monotonic() > patience:
            return False
        time.sleep(POLL_SECONDS)
        if refresh_lease.given_back_unused(secret):
            return False  # they could not reach X just now: no use in trying too
    if taken is Lease.MOVED_ON:
        return True
    account = secret.account
    if taken is Lease.TAKEN_OVER:
        _tell_lost_pair(account)
    rest = REST_AFTER_FAILURE
    try:
        pair = _ask_for_pair(secret, on_call)
        rest = timedelta(0)
        return _store(secret, pair)
    except InvalidGrant as error:
        lost = account.status_reason == LOST_PAIR
        why = " Its last renewal got no answer, and the new token was lost." if lost else ""
        mark_reconnect_needed(
            account,
            f"X refuses to renew this account's token ({error.code}).{why}",
            SYSTEM,
            generation=secret.generation,
        )
    except Unknown:
        pass  # told where it happened; the old token is tried once more after the rest
    except XError as error:
        logger.warning("the token of slot %s could not be renewed: %s", account.slot, error)
        tell_trouble(
            account,
            f"The token could not be renewed: {error}. It will be tried again by itself.",
            SYSTEM,
            EventName.ACCOUNT_REFRESH_FAILED,
        )
    finally:
        refresh_lease.release(secret, holder, rest=rest)
    return False


def _ask_for_pair(secret: AccountSecret, on_call: OnCall | None) -> TokenPair:
    """One refresh; where its outcome is unknown, that is told and it is tried once more."""
    credentials = _credentials(secret)
    if not isinstance(credentials, OAuth2Credentials):
        raise TypeError("only OAuth 2.0 tokens are renewed")
    deadline = float(settings.XM_CALL_DEADLINE_SECONDS)
    for remaining in range(refresh_lease.TRIES - 1, -1, -1):
        try:
            return oauth.refresh_token(
                credentials,
                settings.X_API_BASE_URL,
                on_call=on_call,
                timeouts=Timeouts(deadline=deadline),
                retry_cap=deadline,
            )
        except Unknown as error:
            logger.warning("slot %s: no answer to a token refresh: %s", secret.account.slot, error)
            _tell_lost_pair(secret.account)
            if not remaining:
                raise
    raise AssertionError("unreachable")


def _store(secret: AccountSecret, pair: TokenPair) -> bool:
    """Keep the new pair, before anybody uses it. False if the account was connected anew meanwhile.

    The lease is not asked for: a holder that was slow still has the pair that counts at X.
    """
    account = secret.account
    with transaction.atomic():
        row = (
            AccountSecret.objects.select_for_update()
            .filter(pk=secret.pk, generation=secret.generation)
            .first()
        )
        if row is None:
            return False
        row.access_token = pair.access_token
        row.refresh_token = pair.refresh_token or row.refresh_token
        row.generation += 1
        row.refreshed_at = timezone.now()
        row.save(update_fields=["access_token", "refresh_token", "generation", "refreshed_at"])
        changed = {"token_expires_at": pair.expires_at, "status_reason": ""}
        Account.objects.filter(pk=account.pk).update(
            **changed, **({"scopes": list(pair.scope)} if pair.scope else {})
        )
        record_event(
            EventName.ACCOUNT_TOKEN_REFRESHED,
            actor=SYSTEM,
            object_type="account",
            object_id=account.pk,
            account_slot=account.slot,
            generation=row.generation,
            expires_at=pair.expires_at.isoformat() if pair.expires_at else None,
        )
        mark_connected(account, SYSTEM)
    return True


def _tell_lost_pair(account: Account) -> None:
    tell_trouble(account, LOST_PAIR, SYSTEM, EventName.ACCOUNT_REFRESH_UNCLEAR)


def _stored(account: Account) -> AccountSecret | None:
    return (
        AccountSecret.objects.select_related("account__app").filter(account_id=account.pk).first()
    )


def _client(secret: AccountSecret, on_call: OnCall | None, **limits: float) -> AccountClient:
    return AccountClient(
        _credentials(secret),
        base_url=settings.X_API_BASE_URL,
        user_id=secret.account.x_user_id or None,
        on_call=on_call,
        deadline=float(settings.XM_CALL_DEADLINE_SECONDS),
        generation=secret.generation,
        **limits,
    )


def _credentials(secret: AccountSecret) -> OAuth1Credentials | OAuth2Credentials:
    keys = AppSecret.objects.get(app_id=secret.account.app_id)
    if secret.account.auth_kind == AuthKind.OAUTH1:
        return OAuth1Credentials(
            consumer_key=keys.consumer_key,
            consumer_secret=keys.consumer_secret,
            access_token=secret.access_token,
            access_token_secret=secret.access_token_secret,
        )
    return OAuth2Credentials(
        client_id=keys.client_id,
        client_secret=keys.client_secret or None,
        access_token=secret.access_token,
        refresh_token=secret.refresh_token or None,
        expires_at=secret.account.token_expires_at,
    )


def _reread(account: Account) -> None:
    account.refresh_from_db(
        fields=["status", "status_reason", "status_changed_at", "token_expires_at", "scopes"]
    )
