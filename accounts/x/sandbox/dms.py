"""Direct messages: sending, and the events the participants can read."""

from __future__ import annotations

import json
import re
from typing import Any

from . import bodies, media, problems, text
from .core import Sandbox
from .posts import live
from .render import Renderer, listed, receives_dm
from .store import as_id, iso
from .timelines import number, page_token, read_token
from .wire import ApiError, Call, Response

REACH_MS = 30 * 86_400_000  # X docs: events of the last 30 days
MAX_TEXT = 10_000
_TYPES = frozenset({"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"})
_POST_LINK = re.compile(r"https?://(?:x|twitter)\.com/\w+/status/(\d{1,19})")


def send_to_person(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/dm_conversations/with/{participant_id}/messages: makes the conversation if new."""
    body = bodies.check(call.json(), bodies.DM_MESSAGE)
    account = call.user.account or {}
    other = sandbox.user(call.path_args["participant_id"])
    if other is None or other["id"] == account["id"]:
        value = call.path_args["participant_id"]
        raise ApiError(
            400, problems.invalid_parameter("participant_id", value, "Not a user to write to")
        )
    with sandbox.store.transaction():
        conversation = pair(sandbox, account["id"], other["id"])
        return _send(sandbox, call, conversation, [account["id"], other["id"]], body)


def send_to_conversation(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/dm_conversations/{dm_conversation_id}/messages."""
    body = bodies.check(call.json(), bodies.DM_MESSAGE)
    with sandbox.store.transaction():
        id_, participants = _conversation(sandbox, call, call.path_args["dm_conversation_id"])
        return _send(sandbox, call, id_, participants, body)


def create_group(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/dm_conversations: a group with its first message."""
    body = bodies.check(call.json(), bodies.DM_GROUP)
    own = call.user.user_id
    people = sorted({own, *map(as_id, body["participant_ids"])})
    for id_ in people:
        if sandbox.user(id_) is None:
            message = f"No user has the id {id_}"
            raise ApiError(400, problems.invalid_parameter("participant_ids", str(id_), message))
    with sandbox.store.transaction() as db:
        conversation = str(sandbox.store.new_id())
        db.execute("INSERT INTO conversations VALUES (?, ?)", (conversation, json.dumps(people)))
        return _send(sandbox, call, conversation, people, body["message"], "create_dm_conversation")


def pair(sandbox: Sandbox, one: int, other: int) -> str:
    """The 1:1 conversation of two users: `{smaller id}-{larger id}`."""
    low, high = sorted((one, other))
    sandbox.store.db.execute(
        "INSERT OR IGNORE INTO conversations VALUES (?, ?)",
        (f"{low}-{high}", json.dumps([low, high])),
    )
    return f"{low}-{high}"


def keep(
    sandbox: Sandbox,
    conversation: str,
    participants: list[int],
    sender_id: int,
    body: str,
    media_ids: list[str],
) -> int:
    """Insert one message event into every participant's inbox; inside a transaction."""
    id_ = sandbox.store.new_id()
    shown, entities = text.compose(body, id_, sandbox.user_id_named)
    shared = [found for found in _POST_LINK.findall(body) if live(sandbox, found)]
    db = sandbox.store.db
    db.execute(
        "INSERT INTO dm_events (id, conversation_id, event_type, sender_id, text, entities,"
        " media, posts, created_ms) VALUES (?, ?, 'MessageCreate', ?, ?, ?, ?, ?, ?)",
        (
            id_, conversation, sender_id, shown, json.dumps(entities), json.dumps(media_ids),
            json.dumps(shared), sandbox.clock.now_ms(),
        ),
    )  # fmt: skip
    for user_id in participants:
        db.execute("INSERT INTO dm_inbox VALUES (?, ?, ?)", (user_id, id_, conversation))
    return id_


def _send(
    sandbox: Sandbox,
    call: Call,
    conversation: str,
    participants: list[int],
    body: dict[str, Any],
    operation: str = "send_dm",
) -> Response:
    account = call.user.account or {}
    if "text" not in body and "attachments" not in body:
        message = "At least one of [$.text, $.attachments] is required"
        raise ApiError(400, problems.invalid([({"$.text": []}, message)]))
    if len(body.get("text", "")) > MAX_TEXT:
        message = f"$.text: a message holds at most {MAX_TEXT} characters"
        raise ApiError(400, problems.invalid([({"$.text": []}, message)]))
    for id_ in participants:
        user = sandbox.user(id_)
        if user and id_ != account["id"] and not receives_dm(sandbox, user, account["id"]):
            detail = "You do not have permission to DM one or more participants."
            raise ApiError(403, problems.forbidden(detail))
    ids = [item["media_id"] for item in body.get("attachments", [])]
    media.attachable(sandbox, call.user.user_id, ids, "dm")
    event = keep(sandbox, conversation, participants, account["id"], body.get("text", ""), ids)
    payload = body | {"dm_conversation_id": conversation}
    payload["participant_ids"] = [str(i) for i in participants if i != account["id"]]
    sandbox.store.record(account, operation, payload, event)
    data = {"dm_conversation_id": conversation, "dm_event_id": str(event)}
    return Response(201, {"data": data})


def list_all(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/dm_events: every conversation, newest first."""
    return _events(sandbox, call, None)


def list_with(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/dm_conversations/with/{participant_id}/dm_events."""
    low, high = sorted((call.user.user_id, as_id(call.path_args["participant_id"])))
    return _events(sandbox, call, f"{low}-{high}")


def list_conversation(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/dm_conversations/{id}/dm_events."""
    id_, _ = _conversation(sandbox, call, call.path_args["id"])
    return _events(sandbox, call, id_)


def get_event(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/dm_events/{event_id}."""
    renderer = Renderer(sandbox, call)
    row = _own_event(sandbox, call)
    if row is None:
        error = problems.not_found("dm_event", "event_id", call.path_args["event_id"])
        return Response(200, {"errors": [error]})
    return Response(200, renderer.envelope(_view(renderer, row)))


def delete_event(sandbox: Sandbox, call: Call) -> Response:
    """DELETE /2/dm_events/{event_id}: removes the account's own copy."""
    id_ = call.path_args["event_id"]
    with sandbox.store.transaction() as db:
        if _own_event(sandbox, call) is None:
            body = problems.not_found("dm_event", "event_id", id_) | {"status": 404}
            raise ApiError(404, body)
        db.execute(
            "DELETE FROM dm_inbox WHERE user_id = ? AND event_id = ?",
            (call.user.user_id, as_id(id_)),
        )
        sandbox.store.record(call.user.account or {}, "delete_dm_event", {}, id_)
    return Response(200, {"data": {"deleted": True}})


def _events(sandbox: Sandbox, call: Call, conversation: str | None) -> Response:
    renderer = Renderer(sandbox, call)
    limit = number(call, "max_results", 1, 100, 100)
    kinds = listed(call, "event_types", allowed=_TYPES) or set(_TYPES)
    clauses = ["i.user_id = ?", "e.created_ms > ?"]
    args: list[Any] = [call.user.user_id, sandbox.clock.now_ms() - REACH_MS]
    if conversation is not None:
        clauses.append("i.conversation_id = ?")
        args.append(conversation)
    clauses.append(f"e.event_type IN ({', '.join('?' for _ in kinds)})")
    args += sorted(kinds)
    token = read_token(call, "pagination_token")
    backwards = token is not None and token[0] == "prev"
    if token is not None:
        clauses.append("i.event_id > ?" if backwards else "i.event_id < ?")
        args.append(token[1])
    rows = sandbox.store.rows(
        "SELECT e.* FROM dm_inbox i JOIN dm_events e ON e.id = i.event_id"  # noqa: S608 - clauses are literals above
        f" WHERE {' AND '.join(clauses)}"
        f" ORDER BY i.event_id {'ASC' if backwards else 'DESC'} LIMIT ?",
        (*args, limit + 1),
    )
    more = len(rows) > limit
    rows = rows[:limit][::-1] if backwards else rows[:limit]
    meta: dict[str, Any] = {"result_count": len(rows)}
    if rows and (more or backwards):
        meta["next_token"] = page_token("next", rows[-1]["id"])
    if rows and token is not None and (more or not backwards):
        meta["previous_token"] = page_token("prev", rows[0]["id"])
    return Response(200, renderer.envelope([_view(renderer, row) for row in rows], meta))


def _view(renderer: Renderer, row: dict[str, Any]) -> dict[str, Any]:
    wanted = set(renderer.dm_fields)
    wanted |= renderer.expansions & {"sender_id", "participant_ids"}
    media_ids, posts = json.loads(row["media"]), json.loads(row["posts"])
    rows = [
        renderer.sandbox.store.row("SELECT * FROM media WHERE id = ?", (int(m),)) for m in media_ids
    ]
    full: dict[str, Any] = {
        "attachments": {"media_keys": [m["media_key"] for m in rows if m]} if rows else None,
        "created_at": iso(row["created_ms"]),
        "dm_conversation_id": row["conversation_id"],
        "entities": json.loads(row["entities"]),
        "referenced_tweets": [{"id": id_} for id_ in posts],
        "sender_id": str(row["sender_id"]),
    }
    out = {"id": str(row["id"]), "event_type": row["event_type"], "text": row["text"]}
    out |= {renderer.word(k): v for k, v in full.items() if k in wanted and v}
    if "sender_id" in renderer.expansions:
        renderer.include_user(row["sender_id"])
    if "attachments.media_keys" in renderer.expansions:
        for id_ in media_ids:
            renderer.include_media(id_)
    if "referenced_tweets.id" in renderer.expansions:
        for id_ in posts:
            renderer.include_post(as_id(id_), parameter="referenced_tweets.id")
    return out


def _own_event(sandbox: Sandbox, call: Call) -> dict[str, Any] | None:
    return sandbox.store.row(
        "SELECT e.* FROM dm_inbox i JOIN dm_events e ON e.id = i.event_id"
        " WHERE i.user_id = ? AND i.event_id = ?",
        (call.user.user_id, as_id(call.path_args["event_id"])),
    )


def _conversation(sandbox: Sandbox, call: Call, id_: str) -> tuple[str, list[int]]:
    found = sandbox.store.value("SELECT participants FROM conversations WHERE id = ?", (id_,))
    participants: list[int] = json.loads(found) if found else []
    own = call.user.user_id
    low, _, high = id_.partition("-")
    if not found and low.isdecimal() and high.isdecimal() and int(low) < int(high):
        people = [int(low), int(high)]  # a pair may be named before its first message
        if own in people and all(sandbox.user(i) for i in people):
            return id_, people
    if own not in participants:
        detail = "You do not have permission to access this conversation."
        raise ApiError(403, problems.forbidden(detail))
    return id_, participants
