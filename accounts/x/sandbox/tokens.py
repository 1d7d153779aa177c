"""OAuth token endpoints: refresh with single-use rotation, revoke, app-only bearer.

X docs: confidential clients send HTTP Basic `client_id:client_secret`. As users report,
a refresh token works once, and sending a used one again kills the whole grant.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote

from . import problems, seed
from .core import Sandbox
from .wire import ApiError, Call, Response


def token(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/oauth2/token with grant_type=refresh_token."""
    form = call.form()
    if form.get("grant_type") != "refresh_token":
        raise ApiError(400, problems.oauth("unsupported_grant_type", "Use refresh_token."))
    app = _client(sandbox, call)
    sent = form.get("refresh_token", "")
    with sandbox.store.transaction() as db:
        found = _refresh_row(sandbox, sent)
        if found is not None and found["used"]:
            # The kill is kept although the answer is a refusal: a spent token shows theft.
            db.execute("UPDATE grants SET killed = 1 WHERE id = ?", (found["grant_id"],))
            found = None
        alive = found is not None and not found["killed"]
        fresh = found is not None and found["expires_ms"] > sandbox.clock.now_ms()
        own = found is not None and found["app_id"] == app["id"]
        answer = None
        if found is not None and alive and fresh and own:
            db.execute("UPDATE tokens SET used = 1 WHERE token = ?", (sent,))
            label = f"{sent[:20]}/{sandbox.store.new_id()}"
            answer = seed.issue_pair(sandbox.store, found["grant_id"], found["scopes"], label)
            account = sandbox.user(found["user_id"]) or {}
            payload = {"client_id": app["client_id"]}
            sandbox.store.record(account, "refresh_token", payload, found["grant_id"])
    if answer is None:
        description = "Value passed for the token was invalid."
        raise ApiError(400, problems.oauth("invalid_grant", description))
    return Response(200, answer, {"cache-control": "no-store"})


def refreshing_account(sandbox: Sandbox, call: Call) -> dict[str, Any] | None:
    """Whose token a request to the token endpoint carries, for faults per account."""
    form = call.form()
    found = _refresh_row(sandbox, form.get("refresh_token") or form.get("token") or "")
    return sandbox.user(found["user_id"]) if found else None


def revoke(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/oauth2/revoke: an access token alone, or with a refresh token the whole grant."""
    _client(sandbox, call)
    sent = call.form().get("token", "")
    with sandbox.store.transaction() as db:
        found = _refresh_row(sandbox, sent)
        if found is not None:
            if found["kind"] == "refresh":
                db.execute("UPDATE grants SET killed = 1 WHERE id = ?", (found["grant_id"],))
            db.execute("UPDATE tokens SET used = 1 WHERE token = ?", (sent,))
            account = sandbox.user(found["user_id"]) or {}
            sandbox.store.record(account, "revoke_token", {}, found["grant_id"])
    return Response(200, {"revoked": True})


def app_only(sandbox: Sandbox, call: Call) -> Response:
    """POST /oauth2/token: consumer key and secret as Basic, grant_type=client_credentials."""
    key, secret = _basic(call)
    app = sandbox.store.row(
        "SELECT * FROM apps WHERE consumer_key = ? AND consumer_secret = ?", (key, secret)
    )
    if app is None:
        raise ApiError(403, problems.legacy(99, "Unable to verify your credentials"))
    if call.form().get("grant_type") != "client_credentials":
        raise ApiError(400, problems.legacy(170, "Missing required parameter: grant_type"))
    return Response(200, {"token_type": "bearer", "access_token": app["bearer"]})


def _client(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """The confidential client, from its Basic header."""
    client_id, secret = _basic(call)
    app = sandbox.store.row(
        "SELECT * FROM apps WHERE client_id = ? AND client_secret = ?", (client_id, secret)
    )
    if app is None:
        description = "Missing valid authorization header"
        raise ApiError(401, problems.oauth("unauthorized_client", description))
    return app


def _basic(call: Call) -> tuple[str, str]:
    scheme, _, encoded = (call.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return unquote(name), unquote(secret)


def _refresh_row(sandbox: Sandbox, sent: str) -> dict[str, Any] | None:
    return sandbox.store.row(
        "SELECT t.*, g.user_id, g.app_id, g.scopes, g.killed FROM tokens t"
        " JOIN grants g ON g.id = t.grant_id WHERE t.token = ?",
        (sent,),
    )
