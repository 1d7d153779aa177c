"""Reading posts: lookups, an account's own posts, its mentions."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import problems
from .core import Sandbox
from .posts import live
from .render import Renderer, listed
from .store import as_id
from .wire import ApiError, Call, Response


def number(call: Call, name: str, low: int, high: int, default: int) -> int:
    """An integer parameter within its bounds, or X's 400."""
    given = call.query.get(name)
    if given is None:
        return default
    if not given.isdecimal() or not low <= int(given) <= high:
        message = f"The `{name}` query parameter value [{given}] is not between {low} and {high}"
        raise ApiError(400, problems.invalid_parameter(name, given, message))
    return int(given)


def id_parameter(call: Call, name: str) -> int | None:
    given = call.query.get(name)
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 19:
        message = f"The `{name}` query parameter value [{given}] does not match ^[0-9]{{1,19}}$"
        raise ApiError(400, problems.invalid_parameter(name, given, message))
    return as_id(given)


def time_parameter(call: Call, name: str) -> int | None:
    """An RFC 3339 time as ms, or None."""
    given = call.query.get(name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None:
            raise ValueError
    except (ValueError, OverflowError):
        message = f"The `{name}` query parameter value [{given}] is not an RFC 3339 time"
        raise ApiError(400, problems.invalid_parameter(name, given, message)) from None
    return int(moment.timestamp() * 1000)


def id_list(call: Call, name: str) -> list[str]:
    """1 to 100 comma-joined ids."""
    ids = [item for item in call.query.get(name, "").split(",") if item]
    if not 1 <= len(ids) <= 100 or not all(i.isdecimal() and len(i) <= 19 for i in ids):
        message = f"The `{name}` query parameter must be 1 to 100 ids"
        raise ApiError(400, problems.invalid_parameter(name, call.query.get(name, ""), message))
    return ids


def page_token(kind: str, id_: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{id_}".encode()).decode().rstrip("=")


def read_token(call: Call, *names: str) -> tuple[str, int] | None:
    """("next" | "prev", id) from whichever parameter carries a token; 400 if it is not ours."""
    for name in names:
        given = call.query.get(name)
        if given is None:
            continue
        try:
            padded = given + "=" * (-len(given) % 4)
            kind, _, id_ = base64.urlsafe_b64decode(padded).decode().partition(":")
            if kind in {"next", "prev"}:
                return kind, as_id(id_)
        except (ValueError, binascii.Error):
            pass
        message = f"The `{name}` query parameter value [{given}] is not valid"
        raise ApiError(400, problems.invalid_parameter(name, given, message))
    return None


@dataclass
class Filter:
    """WHERE clauses over `table p` and their arguments."""

    clauses: list[str] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)

    def add(self, clause: str, *args: Any) -> None:
        self.clauses.append(clause)
        self.args.extend(args)

    def sql(self) -> str:
        return " AND ".join(self.clauses)


def span(sandbox: Sandbox, call: Call) -> Filter:
    """What every list of posts shares: not deleted, visible already, the id and time bounds."""
    where = Filter()
    where.add("p.deleted_ms IS NULL")
    where.add("p.created_ms <= ?", sandbox.visible_until_ms())
    for name, sign in (("since_id", ">"), ("until_id", "<")):
        bound = id_parameter(call, name)
        if bound is not None:
            where.add(f"p.id {sign} ?", bound)
    for name, sign in (("start_time", ">="), ("end_time", "<")):
        bound = time_parameter(call, name)
        if bound is not None:
            where.add(f"p.created_ms {sign} ?", bound)
    return where


def fetch_page(
    sandbox: Sandbox, source: str, where: Filter, limit: int, token: tuple[str, int] | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One page, newest first, and its `meta`. `source` is the FROM clause naming p."""
    backwards = token is not None and token[0] == "prev"
    if token is not None:
        where.add("p.id > ?" if backwards else "p.id < ?", token[1])
    order = "ASC" if backwards else "DESC"
    sql = f"SELECT p.* FROM {source} WHERE {where.sql()} ORDER BY p.id {order} LIMIT ?"  # noqa: S608 - clauses are literals of this package
    rows = sandbox.store.rows(sql, (*where.args, limit + 1))
    more = len(rows) > limit
    rows = rows[:limit][::-1] if backwards else rows[:limit]
    meta: dict[str, Any] = {"result_count": len(rows)}
    if rows:
        meta |= {"newest_id": str(rows[0]["id"]), "oldest_id": str(rows[-1]["id"])}
        if more or backwards:
            meta["next_token"] = page_token("next", rows[-1]["id"])
        if token is not None and (more or not backwards):
            meta["previous_token"] = page_token("prev", rows[0]["id"])
    return rows, meta


def _timeline(sandbox: Sandbox, call: Call, source: str, where: Filter, reach: int) -> Response:
    user = sandbox.user(call.path_args["id"])
    renderer = Renderer(sandbox, call)
    if user is None:
        error = problems.not_found("user", "id", call.path_args["id"])
        return Response(200, {"errors": [error]})
    limit = number(call, "max_results", 5, 100, 10)
    shared = span(sandbox, call)
    where.add(shared.sql(), *shared.args)
    # X reaches back only so far: nothing older than the n-th newest is ever returned.
    oldest = sandbox.store.value(
        f"SELECT p.id FROM {source} WHERE {where.clauses[0]} ORDER BY p.id DESC LIMIT 1 OFFSET ?",  # noqa: S608 - literals of this package
        (where.args[0], reach - 1),
    )
    if oldest is not None:
        where.add("p.id >= ?", oldest)
    token = read_token(call, "pagination_token")
    rows, meta = fetch_page(sandbox, source, where, limit, token)
    sandbox_usage(sandbox, call, len(rows))
    return Response(200, renderer.envelope(renderer.posts(rows), meta))


def own_posts(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/{id}/tweets: the 3,200 newest, 800 without replies."""
    where = Filter(["p.author_id = ?"], [as_id(call.path_args["id"])])
    exclude = listed(call, "exclude", allowed=frozenset({"replies", "retweets"}))
    if "replies" in exclude:
        where.add("p.reply_to_id IS NULL")
    if "retweets" in exclude:
        where.add("p.repost_of_id IS NULL")
    return _timeline(sandbox, call, "posts p", where, 800 if "replies" in exclude else 3200)


def mentions(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/users/{id}/mentions: the 800 newest posts of others that @mention the user."""
    id_ = as_id(call.path_args["id"])
    where = Filter(["m.user_id = ?"], [id_])
    where.add("p.author_id <> ?", id_)
    where.add("p.repost_of_id IS NULL")
    return _timeline(sandbox, call, "mentions m JOIN posts p ON p.id = m.post_id", where, 800)


def get_post(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/tweets/{id}: not found is 200 with only `errors`."""
    renderer = Renderer(sandbox, call)
    row = live(sandbox, call.path_args["id"])
    if row is None:
        return Response(200, {"errors": [problems.not_found("tweet", "id", call.path_args["id"])]})
    sandbox_usage(sandbox, call, 1)
    return Response(200, renderer.envelope(renderer.post(row)))


def get_posts(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/tweets?ids=: missing ones appear in `errors` beside the data."""
    renderer = Renderer(sandbox, call)
    rows = []
    for id_ in id_list(call, "ids"):
        row = live(sandbox, id_)
        if row is None:
            renderer.errors.append(problems.not_found("tweet", "ids", id_))
        else:
            rows.append(row)
    sandbox_usage(sandbox, call, len(rows))
    return Response(200, renderer.envelope(renderer.posts(rows)))


def sandbox_usage(sandbox: Sandbox, call: Call, count: int) -> None:
    """Count posts read, for GET /2/usage/tweets."""
    if not count:
        return
    day = datetime.fromtimestamp(sandbox.clock.now_ms() / 1000, UTC).strftime("%Y-%m-%d")
    with sandbox.store.transaction() as db:
        db.execute(
            "INSERT INTO usage (day, app_id, posts) VALUES (?, ?, ?)"
            " ON CONFLICT (day, app_id) DO UPDATE SET posts = posts + excluded.posts",
            (day, call.user.app["id"], count),
        )
