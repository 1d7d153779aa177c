"""Making and deleting posts, with the rules X applies to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from . import bodies, media, problems, text
from .core import Sandbox
from .store import as_id, iso
from .wire import ApiError, Call, Response

DUPLICATE_WINDOW_MS = 24 * 3600 * 1000


@dataclass
class Draft:
    """A post about to be kept. `body` is the client's text, normalised."""

    author: dict[str, Any]
    body: str
    reply_to: dict[str, Any] | None = None
    quote_id: int | None = None
    media: list[dict[str, Any]] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    reply_settings: str = "everyone"
    community_id: str | None = None
    paid_partnership: bool = False


def live(sandbox: Sandbox, id_: int | str) -> dict[str, Any] | None:
    """A post that is not deleted."""
    return sandbox.store.row(
        "SELECT * FROM posts WHERE id = ? AND deleted_ms IS NULL", (as_id(id_),)
    )


def create(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/tweets."""
    body = bodies.check(call.json(), bodies.CREATE_POST)
    account = call.user.account or {}
    draft = Draft(account, text.normalise(body.get("text", "")))
    _check_content(sandbox, draft, body)
    with sandbox.store.transaction():
        _check_reply(sandbox, draft, body)
        _check_quote(sandbox, draft, body)
        ids = body.get("media", {}).get("media_ids", [])
        draft.media = media.attachable(sandbox, call.user.user_id, ids, "tweet")
        _check_duplicate(sandbox, draft)
        draft.reply_settings = body.get("reply_settings", "everyone")
        draft.community_id = body.get("community_id")
        draft.paid_partnership = bool(body.get("paid_partnership"))
        post = keep(sandbox, draft)
        sandbox.store.record(account, "create_post", body, post["id"])
    chain = "edit_history_post_ids" if sandbox.settings["vocabulary"] == "spec" else None
    data = {"id": str(post["id"]), "text": post["text"]}
    data[chain or "edit_history_tweet_ids"] = [str(post["id"])]
    return Response(201, {"data": data})


def delete(sandbox: Sandbox, call: Call) -> Response:
    """DELETE /2/tweets/{id}: own posts only."""
    id_ = call.path_args["id"]
    with sandbox.store.transaction() as db:
        post = live(sandbox, id_)
        if post is None or post["repost_of_id"] is not None:
            body = problems.not_found("tweet", "id", id_) | {"status": 404}
            raise ApiError(404, body)
        if post["author_id"] != call.user.user_id:
            detail = "You are not authorized to delete this Tweet."
            raise ApiError(403, problems.forbidden(detail))
        now = sandbox.clock.now_ms()
        db.execute("UPDATE posts SET deleted_ms = ? WHERE id = ?", (now, as_id(id_)))
        db.execute(
            "UPDATE posts SET deleted_ms = ? WHERE repost_of_id = ? AND deleted_ms IS NULL",
            (now, as_id(id_)),
        )
        sandbox.store.record(call.user.account or {}, "delete_post", {"id": id_}, id_)
    return Response(200, {"data": {"deleted": True}})


def keep(sandbox: Sandbox, draft: Draft) -> dict[str, Any]:
    """Insert the post with its text as X returns it; the caller holds the transaction."""
    id_ = sandbox.store.new_id()
    now = sandbox.clock.now_ms()
    target = draft.reply_to
    written = draft.body
    if target is not None and target["author_id"] != draft.author["id"]:
        written = _with_leading_mention(sandbox, target["author_id"], written)
    shown, entities = text.compose(written, id_, sandbox.user_id_named)
    note = None
    if text.weighted_length(draft.body) > text.MAX_WEIGHT:
        note = json.dumps({"text": shown, "entities": entities})
        shown = shown[:270].rstrip() + "… " + text.t_co(id_, 99)
    if draft.media:
        shown = _with_media_link(draft, id_, shown, entities)
    row = {
        "id": id_,
        "author_id": draft.author["id"],
        "text": shown,
        "raw_text": written,
        "text_key": draft.body,
        "entities": json.dumps(entities),
        "note": note,
        "conversation_id": target["conversation_id"] if target else id_,
        "reply_to_id": target["id"] if target else None,
        "reply_to_user_id": target["author_id"] if target else None,
        "quote_id": draft.quote_id,
        "media": json.dumps([str(item["id"]) for item in draft.media]),
        "poll": _poll(sandbox, draft, now),
        "lang": text.language(written),
        "reply_settings": draft.reply_settings,
        "community_id": draft.community_id,
        "paid_partnership": int(draft.paid_partnership),
        "created_ms": now,
    }
    db = sandbox.store.db
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    db.execute(f"INSERT INTO posts ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - names from the literal above
    for mention in entities.get("mentions", []):
        db.execute(
            "INSERT OR IGNORE INTO mentions (user_id, post_id) VALUES (?, ?)",
            (int(mention["id"]), id_),
        )
    return row


def _check_content(sandbox: Sandbox, draft: Draft, body: dict[str, Any]) -> None:
    if "edit_options" in body:
        raise ApiError(403, problems.forbidden("You are not permitted to edit this Tweet."))
    if not draft.body and "media" not in body:
        message = "One of [$.text, $.media] is required"
        raise ApiError(400, problems.invalid([({"$.text": [""]}, message)]))
    exclusive = [k for k in ("media", "poll", "quote_tweet_id", "card_uri") if k in body]
    if len(exclusive) > 1:
        message = f"Only one of [{', '.join(exclusive)}] may be set"
        raise ApiError(400, problems.invalid([({f"$.{k}": [] for k in exclusive}, message)]))
    limit = text.MAX_WEIGHT_PREMIUM if draft.author["premium"] else text.MAX_WEIGHT
    if len(draft.body) > text.MAX_WEIGHT_PREMIUM or text.weighted_length(draft.body) > limit:
        raise ApiError(403, problems.forbidden("Your Tweet text is too long."))
    if len(text.cashtags(draft.body)) > 1:
        detail = "Tweets created through the API may contain at most one cashtag."
        raise ApiError(403, problems.forbidden(detail))
    if "poll" in body:
        draft.poll = body["poll"]


def _check_reply(sandbox: Sandbox, draft: Draft, body: dict[str, Any]) -> None:
    """X changelog, 23 Feb 2026: reply only when the author summoned you."""
    if "reply" not in body:
        return
    target = live(sandbox, body["reply"]["in_reply_to_tweet_id"])
    if target is None:
        detail = "You attempted to reply to a Tweet that is deleted or not visible to you."
        raise ApiError(403, problems.forbidden(detail))
    draft.reply_to = target
    own = draft.author["id"]
    if target["author_id"] == own or not sandbox.settings["reply_rule"]:
        return
    mentioned = sandbox.store.value(
        "SELECT 1 FROM mentions WHERE user_id = ? AND post_id = ?", (own, target["id"])
    )
    quoted = target["quote_id"] and sandbox.store.value(
        "SELECT 1 FROM posts WHERE id = ? AND author_id = ?", (target["quote_id"], own)
    )
    if not mentioned and not quoted:
        detail = (
            "Reply to this conversation is not allowed because you have not been mentioned "
            "or otherwise engaged by the author of the post you are replying to."
        )
        raise ApiError(403, problems.forbidden(detail))


def _check_quote(sandbox: Sandbox, draft: Draft, body: dict[str, Any]) -> None:
    if "quote_tweet_id" not in body:
        return
    if not sandbox.settings["allow_quotes"]:
        raise ApiError(403, problems.client_forbidden("Quoting posts"))
    if live(sandbox, body["quote_tweet_id"]) is None:
        detail = "You attempted to quote a Tweet that is deleted or not visible to you."
        raise ApiError(403, problems.forbidden(detail))
    draft.quote_id = int(body["quote_tweet_id"])


def _check_duplicate(sandbox: Sandbox, draft: Draft) -> None:
    if not draft.body:
        return
    same = sandbox.store.value(
        "SELECT 1 FROM posts WHERE author_id = ? AND text_key = ? AND reply_to_id IS ?"
        " AND deleted_ms IS NULL AND created_ms > ?",
        (
            draft.author["id"],
            draft.body,
            draft.reply_to["id"] if draft.reply_to else None,
            sandbox.clock.now_ms() - DUPLICATE_WINDOW_MS,
        ),
    )
    if same:
        detail = "You are not allowed to create a Tweet with duplicate content."
        raise ApiError(403, problems.forbidden(detail))


def _with_leading_mention(sandbox: Sandbox, author_id: int, written: str) -> str:
    author = sandbox.user(author_id)
    names = {name.lower() for name in text.mentioned_names(written)}
    if author is None or author["username_lower"] in names:
        return written
    return f"@{author['username']} {written}"


def _with_media_link(draft: Draft, id_: int, shown: str, entities: dict[str, Any]) -> str:
    link = text.t_co(id_, 98)
    start = len(shown) + 1 if shown else 0
    kind = "video" if draft.media[0]["media_key"].startswith("7_") else "photo"
    for item in draft.media:
        entities.setdefault("urls", []).append(
            {
                "start": start,
                "end": start + len(link),
                "url": link,
                "expanded_url": f"https://x.com/{draft.author['username']}/status/{id_}/{kind}/1",
                "display_url": f"pic.x.com/{link[-10:]}",
                "media_key": item["media_key"],
            }
        )
    return f"{shown} {link}".strip()


def _poll(sandbox: Sandbox, draft: Draft, now: int) -> str | None:
    if draft.poll is None:
        return None
    minutes = draft.poll["duration_minutes"]
    poll = {
        "id": str(sandbox.store.new_id()),
        "options": [
            {"position": n, "label": label, "votes": 0}
            for n, label in enumerate(draft.poll["options"], start=1)
        ],
        "duration_minutes": minutes,
        "end_datetime": iso(now + minutes * 60_000),
        "voting_status": "open",
    }
    return json.dumps(poll)
