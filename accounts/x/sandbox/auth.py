"""Who is calling: OAuth 1.0a signatures, OAuth 2.0 user tokens, app-only bearers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from typing import Any
from urllib.parse import quote, unquote

from . import problems
from .store import Store
from .wire import ApiError, Call, Principal

MAX_SKEW_S = 300
_LEVELS = {"read": 0, "read-write": 1, "read-write-dm": 2}
_REQUIRED = {
    "oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method",
    "oauth_timestamp",
}  # fmt: skip


class Nonces:
    """Refuses a nonce seen before within the time its timestamp could be accepted."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def fresh(self, owner: str, nonce: str) -> bool:
        now = time.time()
        with self._lock:
            if len(self._seen) > 50_000:
                limit = now - 2 * MAX_SKEW_S
                self._seen = {key: at for key, at in self._seen.items() if at > limit}
            if (owner, nonce) in self._seen:
                return False
            self._seen[owner, nonce] = now
            return True


class Authenticator:
    """Turns an Authorization header into a Principal or raises X's 401."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._nonces = Nonces()

    def principal(self, call: Call) -> Principal:
        header = call.headers.get("Authorization") or ""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "oauth":
            return self.oauth1(call, rest)
        if scheme.lower() == "bearer":
            return self._bearer(unquote(rest.strip()))
        raise ApiError(401, problems.unauthorized())

    def oauth1(self, call: Call, header: str, *, token_secret: str | None = None) -> Principal:
        """Verify a signed request. `token_secret` set: the token is a request token."""
        given = _header_fields(header)
        if not given.keys() >= _REQUIRED or given["oauth_signature_method"] != "HMAC-SHA1":
            raise ApiError(401, problems.unauthorized())
        app = self._store.row(
            "SELECT * FROM apps WHERE consumer_key = ?", (given["oauth_consumer_key"],)
        )
        account = None
        token = given.get("oauth_token", "")
        if token_secret is None and token:
            account = self._store.row("SELECT * FROM users WHERE token = ?", (token,))
            if account is None or app is None or account["app_id"] != app["id"]:
                raise ApiError(401, problems.unauthorized())
            token_secret = account["token_secret"]
        if app is None or not _timely(given["oauth_timestamp"]):
            raise ApiError(401, problems.unauthorized())
        expected = signature(
            call.method,
            call.base_url + call.path,
            [*call.query_pairs, *call.form().items(), *given.items()],
            app["consumer_secret"],
            token_secret or "",
        )
        if not hmac.compare_digest(expected, given["oauth_signature"]):
            raise ApiError(401, problems.unauthorized())
        if not self._nonces.fresh(app["consumer_key"] + token, given["oauth_nonce"]):
            raise ApiError(401, problems.unauthorized())
        if account is not None:
            _refuse_closed(account)
        return Principal("oauth1", app, account)

    def _bearer(self, token: str) -> Principal:
        app = self._store.row("SELECT * FROM apps WHERE bearer = ?", (token,))
        if app is not None:
            return Principal("app", app, None)
        found = self._store.row(
            "SELECT g.user_id, g.app_id, g.scopes, g.killed, t.expires_ms FROM tokens t"
            " JOIN grants g ON g.id = t.grant_id WHERE t.token = ? AND t.kind = 'access'"
            " AND t.used = 0",
            (token,),
        )
        if found is None or found["killed"] or found["expires_ms"] <= self._store.clock.now_ms():
            raise ApiError(401, problems.unauthorized())
        account = self._store.row("SELECT * FROM users WHERE id = ?", (found["user_id"],))
        app = self._store.row("SELECT * FROM apps WHERE id = ?", (found["app_id"],))
        if account is None or app is None:
            raise ApiError(401, problems.unauthorized())
        _refuse_closed(account)
        return Principal("oauth2", app, account, frozenset(found["scopes"].split()))


def authorize(
    principal: Principal, kinds: tuple[str, ...], scopes: frozenset[str], level: str
) -> None:
    """Raise X's 403 unless this kind of token, its scopes and the permission level suffice."""
    if principal.kind not in kinds:
        raise ApiError(403, problems.unsupported_authentication(principal.kind, kinds))
    if principal.kind == "oauth2" and not scopes <= principal.scopes:
        raise ApiError(403, problems.forbidden("Forbidden"))
    if principal.kind == "oauth1" and principal.account is not None:
        held = _LEVELS[principal.account["permission"]]
        if held < _LEVELS[level]:
            raise ApiError(403, problems.app_permissions())


def signature(
    method: str, url: str, pairs: list[tuple[str, str]], consumer_secret: str, token_secret: str
) -> str:
    """The OAuth 1.0a HMAC-SHA1 signature (RFC 5849 section 3.4) of a request."""
    encoded = sorted(
        (_enc(key), _enc(value)) for key, value in pairs if key not in {"oauth_signature", "realm"}
    )
    parameters = "&".join(f"{key}={value}" for key, value in encoded)
    base = "&".join((method.upper(), _enc(url), _enc(parameters)))
    key = f"{_enc(consumer_secret)}&{_enc(token_secret)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashlib.sha1).digest()).decode()


def _enc(text: str) -> str:
    return quote(text, safe="-._~")


def _header_fields(header: str) -> dict[str, str]:
    found = re.findall(r'([A-Za-z_]+)\s*=\s*"([^"]*)"', header)
    return {key: unquote(value) for key, value in found}


def _timely(stamp: str) -> bool:
    # By the real clock: moving the sandbox's own must not lock its clients out.
    return stamp.isdecimal() and abs(time.time() - int(stamp)) <= MAX_SKEW_S


def _refuse_closed(account: dict[str, Any]) -> None:
    if account["access"] == "revoked":
        raise ApiError(401, problems.unauthorized())
    if account["access"] == "suspended":
        detail = "Your account is suspended and is not permitted to access this feature."
        raise ApiError(403, problems.forbidden(detail))
