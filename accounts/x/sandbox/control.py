"""The control face under `/_sandbox/`, for tests, demos and people. Loopback only."""

from __future__ import annotations

import ipaddress
import json
import re
from fnmatch import fnmatchcase
from typing import Any

from . import seed, world
from .core import Sandbox
from .routes import OPERATIONS
from .store import iso
from .wire import ApiError, Call, Response

_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")


def answer(sandbox: Sandbox, call: Call) -> Response:
    """Route a control call. Refusals are `{"error": sentence}`."""
    if not ipaddress.ip_address(call.peer).is_loopback:
        return Response(403, {"error": "The sandbox's control face answers on loopback only."})
    name = call.path.removeprefix("/_sandbox/").rstrip("/")
    handlers = _HANDLERS.get(name)
    if handlers is None:
        known = ", ".join(sorted(_HANDLERS))
        return Response(404, {"error": f"There is no /_sandbox/{name}; there are: {known}."})
    handler = handlers.get(call.method)
    if handler is None:
        allowed = ", ".join(handlers)
        return Response(405, {"error": f"Use {allowed} here."}, {"allow": allowed})
    try:
        return handler(sandbox, call)
    except (ValueError, OverflowError) as error:
        return Response(400, {"error": str(error)})
    except ApiError as error:
        return Response(error.status, error.body)


def _body(call: Call) -> dict[str, Any]:
    if not call.raw:
        return {}
    try:
        body = json.loads(call.raw)
    except ValueError:
        raise ValueError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


def _text(body: dict[str, Any], name: str) -> str | None:
    """An optional text field of a body."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a text.")
    return value or None


def health(sandbox: Sandbox, call: Call) -> Response:
    """Up, and how far the ledger has come."""
    seq = sandbox.store.value("SELECT coalesce(max(seq), 0) FROM ledger")
    return Response(200, {"ok": True, "time": iso(sandbox.clock.now_ms()), "seq": seq})


def ledger(sandbox: Sandbox, call: Call) -> Response:
    """Every accepted write in order; `?since=seq`, `?account=`, `?operation=` narrow it."""
    clauses, args = ["seq > ?"], [int(call.query.get("since") or 0)]
    if call.query.get("account"):
        clauses.append("account_id = ?")
        args.append(_who(sandbox, call.query["account"])["id"])
    if call.query.get("operation"):
        clauses.append("operation = ?")
        args.append(call.query["operation"])  # type: ignore[arg-type]
    rows = sandbox.store.rows(
        f"SELECT * FROM ledger WHERE {' AND '.join(clauses)} ORDER BY seq",  # noqa: S608 - literals above
        args,
    )
    entries = [
        {
            "seq": row["seq"],
            "time": iso(row["time_ms"]),
            "account": row["account"],
            "account_id": str(row["account_id"]),
            "operation": row["operation"],
            "payload": json.loads(row["payload"]),
            "id": row["id"],
        }
        for row in rows
    ]
    return Response(200, entries)


def mention(sandbox: Sandbox, call: Call) -> Response:
    """Make a post that mentions `to` (default: the first account) arrive."""
    body = _body(call)
    to = _who(sandbox, body.get("to", 1))
    sender = _sender(sandbox, body.get("from"), to)
    target = body.get("in_reply_to_post_id")
    post = world.write_mention(sandbox, to, sender, _text(body, "text"), target)
    answer = {
        "id": str(post["id"]),
        "post_id": str(post["id"]),
        "text": post["text"],
        "author_id": str(sender["id"]),
        "author_username": sender["username"],
        "to": to["username"],
        "conversation_id": str(post["conversation_id"]),
        "created_at": iso(post["created_ms"]),
    }
    return Response(201, answer)


def dm(sandbox: Sandbox, call: Call) -> Response:
    """Make a direct message to `to` (default: the first account) arrive."""
    body = _body(call)
    to = _who(sandbox, body.get("to", 1))
    sender = _sender(sandbox, body.get("from"), to)
    event, conversation = world.write_dm(sandbox, to, sender, _text(body, "text"))
    answer = {
        "id": str(event),
        "dm_event_id": str(event),
        "dm_conversation_id": conversation,
        "sender_id": str(sender["id"]),
        "sender_username": sender["username"],
        "to": to["username"],
    }
    return Response(201, answer)


def add_fault(sandbox: Sandbox, call: Call) -> Response:
    """Keep a fault; one whose operation can never match is a mistake and refused."""
    body = _body(call)
    pattern = str(body.get("operation", "*"))
    if not any(fnmatchcase(name, pattern) for name in OPERATIONS):
        raise ValueError(f"No operation is called {pattern!r}; there are: {', '.join(OPERATIONS)}.")
    return Response(201, sandbox.faults.add(body))


def list_faults(sandbox: Sandbox, call: Call) -> Response:
    return Response(200, sandbox.faults.all())


def clear_faults(sandbox: Sandbox, call: Call) -> Response:
    return Response(200, {"deleted": sandbox.faults.clear()})


def reset(sandbox: Sandbox, call: Call) -> Response:
    sandbox.reset()
    return Response(200, {"ok": True})


def settings(sandbox: Sandbox, call: Call) -> Response:
    return Response(200, sandbox.settings.all())


def change_settings(sandbox: Sandbox, call: Call) -> Response:
    sandbox.settings.update(_body(call))
    return Response(200, sandbox.settings.all())


def accounts(sandbox: Sandbox, call: Call) -> Response:
    """The connectable accounts with their credentials of both kinds."""
    rows = sandbox.store.rows("SELECT * FROM users WHERE slot IS NOT NULL ORDER BY slot")
    return Response(200, [_account(sandbox, row) for row in rows])


def add_account(sandbox: Sandbox, call: Call) -> Response:
    """Make an account, or change the one of that name: `permission`, `access`, `scopes`, …

    `scopes` (or `"reauthorize": true`) makes a new OAuth 2.0 grant, as a new consent would.
    """
    body = _body(call)
    allowed = {
        "username", "name", "app", "permission", "access", "premium", "dm_open", "scopes",
        "reauthorize",
    }  # fmt: skip
    if unknown := sorted(body.keys() - allowed):
        raise ValueError(f"An account has no {unknown[0]!r}; it has: {', '.join(sorted(allowed))}.")
    username = str(body.get("username", ""))
    if not _USERNAME.fullmatch(username):
        raise ValueError("A username is 1 to 15 letters, digits or underscores.")
    if body.get("permission", "read") not in seed.PERMISSIONS:
        raise ValueError(f"permission is one of: {', '.join(seed.PERMISSIONS)}.")
    if body.get("access", "active") not in ("active", "suspended", "revoked"):
        raise ValueError("access is active, suspended or revoked.")
    name, scopes = _text(body, "name") or "", _text(body, "scopes")
    for flag in ("premium", "dm_open", "reauthorize"):
        if not isinstance(body.get(flag, False), bool):
            raise ValueError(f"{flag} is true or false.")
    with sandbox.store.transaction() as db:
        user = sandbox.user_named(username)
        made = user is None
        if user is None:
            app_id = 2 if body.get("app") in (2, seed.APPS[1]) else 1
            user = seed.add_account(sandbox.store, username, name, app_id=app_id)
        elif user["slot"] is None:
            raise ValueError(f"@{username} is one of the people and cannot be connected.")
        for column in ("permission", "access", "premium", "dm_open"):
            if column in body:
                value = body[column]
                db.execute(f"UPDATE users SET {column} = ? WHERE id = ?", (value, user["id"]))  # noqa: S608 - names from the line above
        if scopes is not None or body.get("reauthorize"):
            label = f"{username}/{sandbox.store.new_id()}"
            seed.grant(sandbox.store, user, scopes or seed.ALL_SCOPES, label=label)
    return Response(201 if made else 200, _account(sandbox, sandbox.user(user["id"]) or {}))


def _account(sandbox: Sandbox, user: dict[str, Any]) -> dict[str, Any]:
    app = sandbox.store.row("SELECT * FROM apps WHERE id = ?", (user["app_id"],)) or {}
    grant = sandbox.store.row(
        "SELECT * FROM grants WHERE user_id = ? ORDER BY id DESC LIMIT 1", (user["id"],)
    )
    newest = {
        row["kind"]: row
        for row in sandbox.store.rows(
            "SELECT * FROM tokens WHERE grant_id = ? AND used = 0 ORDER BY expires_ms, rowid",
            (grant["id"] if grant else 0,),
        )
    }
    access, refresh = newest.get("access"), newest.get("refresh")
    return {
        "index": user["slot"],
        "id": str(user["id"]),
        "username": user["username"],
        "name": user["name"],
        "app": app["name"],
        "permission": user["permission"],
        "access": user["access"],
        "oauth1": {
            "consumer_key": app["consumer_key"],
            "consumer_secret": app["consumer_secret"],
            "access_token": user["token"],
            "access_token_secret": user["token_secret"],
        },
        "oauth2": {
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "access_token": access["token"] if access else None,
            "refresh_token": refresh["token"] if refresh else None,
            "expires_at": iso(access["expires_ms"]) if access else None,
            "scopes": grant["scopes"].split() if grant else [],
            "alive": bool(grant and not grant["killed"]),
        },
        "app_bearer_token": app["bearer"],
    }


def _who(sandbox: Sandbox, given: Any) -> dict[str, Any]:
    """A user by username, id, or index 1..N of the connectable accounts."""
    text = str(given).lstrip("@")
    user = sandbox.user_named(text)
    if user is None and text.isdecimal():
        user = sandbox.store.row("SELECT * FROM users WHERE id = ? OR slot = ?", (text, text))
    if user is None:
        raise ValueError(f"There is no user {given!r} in the sandbox.")
    return user


def _sender(sandbox: Sandbox, given: Any, to: dict[str, Any]) -> dict[str, Any]:
    """Who writes: a known user, a new person of that name, or one of the people by chance."""
    if given is None:
        return world.someone(sandbox, to)
    text = str(given).lstrip("@")
    if _USERNAME.fullmatch(text) and not text.isdecimal() and sandbox.user_named(text) is None:
        return seed.add_person(sandbox.store, text)
    return _who(sandbox, given)


_HANDLERS = {
    "health": {"GET": health},
    "ledger": {"GET": ledger},
    "mentions": {"POST": mention},
    "dms": {"POST": dm},
    "faults": {"GET": list_faults, "POST": add_fault, "DELETE": clear_faults},
    "reset": {"POST": reset},
    "settings": {"GET": settings, "POST": change_settings},
    "accounts": {"GET": accounts, "POST": add_account},
}
