"""OAuth 2.0 at X's token endpoints: renew a user's pair, revoke it, get an app's bearer.

X rotates refresh tokens: each works once. Refresh under a lock of the account, and store the new
pair before it is used. (X API docs: OAuth 2.0 user access token; users report the single use.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.x.calls import Call, Caller
from accounts.x.credentials import AppBearer, OAuth2Credentials
from accounts.x.errors import InvalidGrant, NotSent
from accounts.x.parsing import BadShape
from accounts.x.retries import with_retries
from accounts.x.transport import Timeouts
from accounts.x.types import OnCall, TokenPair


def refresh_token(
    credentials: OAuth2Credentials,
    base_url: str,
    *,
    on_call: OnCall | None = None,
    timeouts: Timeouts | None = None,
    retry_cap: float = 60.0,
    backoff: float = 1.0,
) -> TokenPair:
    """A new pair for the old one.

    Tried again only while nothing reached X. Raises InvalidGrant when X says that the token is
    spent or revoked; NotSent or Unknown for trouble on the way, which says nothing about the
    token, though after Unknown it may have been spent.
    """
    if credentials.refresh_token is None:
        raise InvalidGrant("refresh_token", "invalid_grant", detail="there is no refresh token")
    caller = _caller(base_url, credentials.secrets(), on_call, timeouts)
    form = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}

    def attempt(seconds_left: float) -> TokenPair:
        call = Call(
            operation="refresh_token",
            method="POST",
            path="/2/oauth2/token",
            parse=_token_pair,
            auth=_client_auth(credentials),
            form=_with_client(form, credentials),
            secret_answer=True,
        )
        return caller.perform(call, deadline=seconds_left)

    return with_retries(
        attempt, cap=retry_cap, backoff=backoff, when=lambda e: isinstance(e, NotSent)
    )


def revoke_token(
    credentials: OAuth2Credentials,
    token: str,
    base_url: str,
    *,
    on_call: OnCall | None = None,
    timeouts: Timeouts | None = None,
) -> None:
    """Tell X to forget a token of these credentials."""
    call = Call(
        operation="revoke_token",
        method="POST",
        path="/2/oauth2/revoke",
        parse=lambda _payload: None,
        auth=_client_auth(credentials),
        form=_with_client({"token": token}, credentials),
        empty_answer=True,
        secret_answer=True,
    )
    _caller(base_url, (*credentials.secrets(), token), on_call, timeouts).perform(call)


def app_bearer(
    consumer_key: str,
    consumer_secret: str,
    base_url: str,
    *,
    on_call: OnCall | None = None,
    timeouts: Timeouts | None = None,
) -> AppBearer:
    """The app-only token of a developer app."""
    call = Call(
        operation="app_bearer",
        method="POST",
        path="/oauth2/token",
        parse=_bearer,
        auth=(consumer_key, consumer_secret),
        form={"grant_type": "client_credentials"},
        secret_answer=True,
    )
    return _caller(base_url, (consumer_key, consumer_secret), on_call, timeouts).perform(call)


def _caller(
    base_url: str, secrets: tuple[str, ...], on_call: OnCall | None, timeouts: Timeouts | None
) -> Caller:
    return Caller(base_url, timeouts or Timeouts(), secrets, (on_call,) if on_call else ())


def _client_auth(credentials: OAuth2Credentials) -> tuple[str, str] | None:
    # A confidential client proves itself by HTTP Basic, a public one only names itself.
    if credentials.client_secret is None:
        return None
    return credentials.client_id, credentials.client_secret


def _with_client(form: dict[str, str], credentials: OAuth2Credentials) -> dict[str, str]:
    if credentials.client_secret is None:
        return {**form, "client_id": credentials.client_id}
    return form


def _token_pair(payload: Mapping[str, Any]) -> TokenPair:
    access, refresh = payload.get("access_token"), payload.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise BadShape("no access token in the answer")
    seconds = payload.get("expires_in")
    known = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**9
    return TokenPair(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds or 0) if known else None,
        scope=tuple(str(payload.get("scope") or "").split()),
    )


def _bearer(payload: Mapping[str, Any]) -> AppBearer:
    token = payload.get("access_token")
    if not isinstance(token, str) or not token:
        raise BadShape("no access token in the answer")
    return AppBearer(token)
