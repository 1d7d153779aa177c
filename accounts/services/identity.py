"""Asking X whose credentials these are, before they are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.conf import settings

from accounts.errors import ConflictError, InvalidError, XManagerError
from accounts.states import AccessLevel
from accounts.x import oauth
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials
from accounts.x.errors import (
    Forbidden,
    InvalidGrant,
    NotSent,
    PaymentRequired,
    RateLimited,
    Unauthorized,
    Unknown,
    XError,
)
from accounts.x.reader import XReader
from accounts.x.transport import Timeouts
from accounts.x.types import OnCall, TokenPair, User

CHECK_SECONDS = 10.0
SPENT = " The refresh token you gave is spent by now: get a new pair before you try again."


@dataclass(frozen=True)
class Verified:
    """Credentials that X accepts, and what it said about them.

    `credentials` are a newer pair than the given one where that had run out.
    """

    user: User
    credentials: OAuth1Credentials | OAuth2Credentials
    access_level: str = ""
    scopes: tuple[str, ...] = ()
    renewed: bool = False


def verify(
    credentials: OAuth1Credentials | OAuth2Credentials, *, on_call: OnCall | None = None
) -> Verified:
    """Ask X for the profile behind the credentials.

    An OAuth 2.0 access token that X refuses is renewed first, if a refresh token came along.
    Raises InvalidError `credentials_refused` or ConflictError (`x_unreachable`,
    `x_rate_limited`, `x_refused`) with a sentence; never an XError.
    """
    try:
        return _profile(credentials, on_call)
    except Unauthorized as refused:
        if not isinstance(credentials, OAuth2Credentials) or not credentials.refresh_token:
            raise _sentence(refused) from None
    except XError as error:
        raise _sentence(error) from None
    try:
        pair = _renew(credentials, on_call)
    except XError as error:
        raise _sentence(error, SPENT if isinstance(error, Unknown) else "") from None
    newer = replace(
        credentials,
        access_token=pair.access_token,
        refresh_token=pair.refresh_token or credentials.refresh_token,
        expires_at=pair.expires_at,
    )
    try:
        found = _profile(newer, on_call)
    except XError as error:
        raise _sentence(error, SPENT) from None
    return replace(found, scopes=pair.scope, renewed=True)


def _profile(
    credentials: OAuth1Credentials | OAuth2Credentials, on_call: OnCall | None
) -> Verified:
    reader = XReader(
        credentials,
        base_url=settings.X_API_BASE_URL,
        on_call=on_call,
        deadline=float(settings.XM_CALL_DEADLINE_SECONDS),
        read_retry_cap=CHECK_SECONDS,
    )
    user = reader.me()
    if not re.fullmatch(r"[0-9]{1,19}", user.id) or not 1 <= len(user.username) <= 15:
        raise Unknown("me", "bad_answer", detail="the profile has no id or username of X's kind")
    said = reader.last_call.access_level if reader.last_call else ""
    level = said if said in AccessLevel.values else ""
    return Verified(user=user, credentials=credentials, access_level=level)


def _renew(credentials: OAuth2Credentials, on_call: OnCall | None) -> TokenPair:
    return oauth.refresh_token(
        credentials,
        settings.X_API_BASE_URL,
        on_call=on_call,
        timeouts=Timeouts(deadline=float(settings.XM_CALL_DEADLINE_SECONDS)),
        retry_cap=CHECK_SECONDS,
    )


def _sentence(error: XError, more: str = "") -> XManagerError:
    kept = f" Nothing was kept.{more}"
    host = settings.X_API_BASE_URL
    if isinstance(error, NotSent | Unknown):
        return ConflictError(
            "x_unreachable",
            f"X could not be asked whose credentials these are ({error.code} at {host}).{kept} "
            "Check the network and X_API_BASE_URL, then try again.",
        )
    if isinstance(error, InvalidGrant):
        return InvalidError(
            "credentials_refused",
            "X refuses the access token, and the refresh token is spent or revoked. Authorize "
            f"the app again to get a new pair.{kept}",
        )
    if isinstance(error, Unauthorized):
        return InvalidError(
            "credentials_refused",
            "X refuses these credentials (401). Check that key, secret and tokens belong "
            f"together, were copied whole and are not revoked.{kept}",
        )
    if isinstance(error, RateLimited):
        when = f" after {error.reset_at:%Y-%m-%d %H:%M} UTC" if error.reset_at else " later"
        return ConflictError("x_rate_limited", f"X asks to wait (429).{kept} Try again{when}.")
    if isinstance(error, PaymentRequired):
        reason = "the developer app has no credits left (402). Add some in X's developer console"
    elif isinstance(error, Forbidden):
        reason = f"it answered 403 ({error.code}: {error.detail})"
    else:
        reason = f"it answered {error.status} ({error.code}: {error.detail})"
    return ConflictError("x_refused", f"X did not show the account's profile: {reason}.{kept}")
