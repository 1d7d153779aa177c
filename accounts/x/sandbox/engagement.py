"""Likes, reposts and hidden replies. They set a state, so a repeat is harmless."""

from __future__ import annotations

import json
from typing import Any

from . import bodies, problems, text
from .core import Sandbox
from .posts import live
from .wire import ApiError, Call, Response


def _own(call: Call) -> dict[str, Any]:
    """The signed-in account; the path's {id} must be its own."""
    account = call.user.account or {}
    if call.path_args["id"] != str(account.get("id")):
        detail = f"The `id` path parameter must be the authenticated user's: {account.get('id')}"
        raise ApiError(403, problems.forbidden(detail))
    return account


def _target(sandbox: Sandbox, id_: str, parameter: str = "tweet_id") -> dict[str, Any]:
    post = live(sandbox, id_)
    if post is None:
        raise ApiError(404, problems.not_found("tweet", parameter, id_) | {"status": 404})
    return post


def like(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/users/{id}/likes: self-serve apps get 403 (X changelog, 20 Apr 2026)."""
    return _set_like(sandbox, call, bodies.check(call.json(), bodies.TARGET_POST)["tweet_id"], True)


def unlike(sandbox: Sandbox, call: Call) -> Response:
    """DELETE /2/users/{id}/likes/{tweet_id}."""
    return _set_like(sandbox, call, call.path_args["tweet_id"], False)


def _set_like(sandbox: Sandbox, call: Call, id_: str, liked: bool) -> Response:
    account = _own(call)
    if not sandbox.settings["allow_likes"]:
        raise ApiError(403, problems.client_forbidden("Liking posts"))
    with sandbox.store.transaction() as db:
        post = _target(sandbox, id_)
        if liked:
            sql = "INSERT OR IGNORE INTO likes (post_id, user_id) VALUES (?, ?)"
        else:
            sql = "DELETE FROM likes WHERE post_id = ? AND user_id = ?"
        db.execute(sql, (post["id"], account["id"]))
        operation = "like" if liked else "unlike"
        sandbox.store.record(account, operation, {"tweet_id": id_}, id_)
    return Response(200, {"data": {"liked": liked}})


def repost(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/users/{id}/retweets."""
    account = _own(call)
    id_ = bodies.check(call.json(), bodies.TARGET_POST)["tweet_id"]
    with sandbox.store.transaction() as db:
        post = _target(sandbox, id_)
        if post["repost_of_id"] is not None:
            post = _target(sandbox, str(post["repost_of_id"]))
        if _repost_row(sandbox, account["id"], post["id"]) is None:
            new = sandbox.store.new_id()
            author = sandbox.user(post["author_id"]) or {}
            shown, entities = text.compose(
                f"RT @{author['username']}: ", new, sandbox.user_id_named
            )
            db.execute(
                "INSERT INTO posts (id, author_id, text, raw_text, text_key, entities,"
                " conversation_id, repost_of_id, lang, created_ms)"
                " VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, ?)",
                (
                    new, account["id"], (shown + post["text"])[:300], post["raw_text"],
                    json.dumps(entities), new, post["id"], post["lang"], sandbox.clock.now_ms(),
                ),
            )  # fmt: skip
        sandbox.store.record(account, "repost", {"tweet_id": id_}, id_)
    return Response(200, {"data": {"retweeted": True, "rest_id": str(post["id"])}})


def unrepost(sandbox: Sandbox, call: Call) -> Response:
    """DELETE /2/users/{id}/retweets/{source_tweet_id}."""
    account = _own(call)
    id_ = call.path_args["source_tweet_id"]
    with sandbox.store.transaction() as db:
        post = _target(sandbox, id_, "source_tweet_id")
        row = _repost_row(sandbox, account["id"], post["id"])
        if row is not None:
            db.execute(
                "UPDATE posts SET deleted_ms = ? WHERE id = ?", (sandbox.clock.now_ms(), row)
            )
        sandbox.store.record(account, "unrepost", {"tweet_id": id_}, id_)
    return Response(200, {"data": {"retweeted": False}})


def _repost_row(sandbox: Sandbox, user_id: int, post_id: int) -> int | None:
    found = sandbox.store.value(
        "SELECT id FROM posts WHERE repost_of_id = ? AND author_id = ? AND deleted_ms IS NULL",
        (post_id, user_id),
    )
    return int(found) if found else None


def hide(sandbox: Sandbox, call: Call) -> Response:
    """PUT /2/tweets/{tweet_id}/hidden: replies in conversations the account started."""
    account = call.user.account or {}
    hidden = bodies.check(call.json(), bodies.HIDE)["hidden"]
    id_ = call.path_args["tweet_id"]
    with sandbox.store.transaction() as db:
        post = _target(sandbox, id_)
        root = sandbox.store.row("SELECT * FROM posts WHERE id = ?", (post["conversation_id"],))
        if post["reply_to_id"] is None or root is None or root["author_id"] != account["id"]:
            detail = "You may only hide replies in a conversation that you started."
            raise ApiError(403, problems.forbidden(detail))
        db.execute("UPDATE posts SET hidden = ? WHERE id = ?", (int(hidden), post["id"]))
        operation = "hide" if hidden else "unhide"
        sandbox.store.record(account, operation, {"hidden": hidden}, id_)
    return Response(200, {"data": {"hidden": hidden}})
