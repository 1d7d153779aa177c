"""Recent search and counts: the query language over the last seven days of posts.

Understood: words, "phrases", #tag, @user, $TAG, from:, to:, conversation_id:,
in_reply_to_tweet_id:, url:, lang:, is:(reply|quote|retweet|verified), has:(links|media|images|
mentions|hashtags|cashtags), -negation, OR, brackets. Since May 2026 searches return no reposts.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from . import problems
from .core import Sandbox
from .render import Renderer
from .store import iso
from .timelines import (
    Filter,
    number,
    page_token,
    read_token,
    sandbox_usage,
    span,
)
from .wire import ApiError, Call, Response

WEEK_MS = 7 * 86_400_000
MAX_QUERY = 512  # X docs: self-serve
_TOKEN = re.compile(r'\(|\)|-?\w+:"[^"]*"|-?"[^"]*"|[^\s()]+')
Test = Callable[[dict[str, Any]], bool]


def fold(text: str) -> str:
    """Case and diacritics do not count."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


class Query:
    """A parsed query; `matches` says whether a post (see `view`) fits."""

    def __init__(self, source: str) -> None:
        self._tokens = _TOKEN.findall(source)
        self._at = 0
        self.positive = False
        self.matches = self._either()
        if self._at < len(self._tokens):
            raise ValueError(f"There are errors in your query near {self._tokens[self._at]!r}")
        if not self.positive:
            raise ValueError("The query must have a term that is not a negation or a filter")

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _either(self) -> Test:
        tests = [self._all()]
        while self._peek() == "OR":
            self._at += 1
            tests.append(self._all())
        return lambda post: any(test(post) for test in tests)

    def _all(self) -> Test:
        tests: list[Test] = []
        while (token := self._peek()) is not None and token not in {"OR", ")"}:
            self._at += 1
            if token == "(":
                tests.append(self._either())
                if self._peek() != ")":
                    raise ValueError("A bracket is not closed in your query")
                self._at += 1
            else:
                tests.append(self._term(token))
        if not tests:
            raise ValueError("The query has an empty part")
        return lambda post: all(test(post) for test in tests)

    def _term(self, token: str) -> Test:
        negated = token.startswith("-") and len(token) > 1
        test, standalone = _operator(token[1:] if negated else token)
        if standalone and not negated:
            self.positive = True
        return (lambda post: not test(post)) if negated else test


def _operator(token: str) -> tuple[Test, bool]:
    """The test of one term, and whether it may stand alone."""
    name, colon, value = token.partition(":")
    value = value.strip('"')
    if colon and value and re.fullmatch(r"[a-z_]+", name):
        wanted = fold(value.lstrip("@"))
        if name in {"from", "to"}:
            return lambda post: wanted in post[name], True
        if name == "conversation_id":
            return lambda post: post["conversation"] == value, True
        if name == "in_reply_to_tweet_id":
            return lambda post: post["reply_to"] == value, True
        if name == "url":
            return lambda post: any(wanted in link for link in post["links"]), True
        if name == "lang":
            return lambda post: post["lang"] == value, False
        if name in {"is", "has"}:
            return lambda post: f"{name}:{value}" in post["flags"], False
        raise ValueError(f"Reference to invalid operator '{name}'")
    if token[:1] in "#＃@$" and len(token) > 1:
        kind = {"@": "mentions", "$": "cashtags"}.get(token[0], "hashtags")
        wanted = fold(token[1:])
        return lambda post: wanted in post[kind], True
    words = _words(token.strip('"'))
    if not words:
        raise ValueError(f"Ambiguous use of {token!r} in your query")
    phrase = f" {' '.join(words)} "
    return lambda post: phrase in post["words"], True


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def view(row: dict[str, Any]) -> dict[str, Any]:
    """What the tests look at. `row` carries author, reply_name and profile from the query."""
    entities = json.loads(row["entities"])

    def texts(kind: str, key: str) -> set[str]:
        return {fold(e[key]) for e in entities.get(kind, []) if key in e}

    flags = {
        "is:reply": row["reply_to_id"] is not None,
        "is:quote": row["quote_id"] is not None,
        "is:verified": '"verified_type": "none"' not in row["profile"],
        "has:links": any("media_key" not in e for e in entities.get("urls", [])),
        "has:media": row["media"] != "[]",
        "has:images": row["media"] != "[]",
        "has:mentions": "mentions" in entities,
        "has:hashtags": "hashtags" in entities,
        "has:cashtags": "cashtags" in entities,
    }
    return {
        "words": f" {' '.join(_words(row['raw_text']))} ",
        "from": {fold(row["author"]), str(row["author_id"])},
        "to": {fold(row["reply_name"] or ""), str(row["reply_to_user_id"])},
        "mentions": texts("mentions", "username"),
        "hashtags": texts("hashtags", "tag"),
        "cashtags": texts("cashtags", "tag"),
        "links": texts("urls", "expanded_url"),
        "conversation": str(row["conversation_id"]),
        "reply_to": str(row["reply_to_id"]),
        "lang": row["lang"],
        "flags": {flag for flag, on in flags.items() if on},
    }


def _matching(
    sandbox: Sandbox, call: Call, token: tuple[str, int] | None
) -> Iterator[dict[str, Any]]:
    """Posts that fit, newest first, read in batches so that no batch holds the lock for long."""
    source = call.query.get("query", "")
    if not 1 <= len(source) <= MAX_QUERY:
        message = f"The `query` query parameter must be 1 to {MAX_QUERY} characters"
        raise ApiError(400, problems.invalid_parameter("query", source[:80], message))
    try:
        query = Query(source)
    except ValueError as error:
        raise ApiError(400, problems.invalid_parameter("query", source, str(error))) from None
    where = span(sandbox, call)
    where.add("p.created_ms > ?", sandbox.clock.now_ms() - WEEK_MS)
    where.add("p.repost_of_id IS NULL")
    return _scan(sandbox, query, where, token[1] if token else None)


def _scan(
    sandbox: Sandbox, query: Query, where: Filter, before: int | None
) -> Iterator[dict[str, Any]]:
    while True:
        batch = sandbox.store.rows(
            "SELECT p.*, a.username AS author, a.profile, r.username AS reply_name FROM posts p"  # noqa: S608 - clauses are literals of this package
            " JOIN users a ON a.id = p.author_id LEFT JOIN users r ON r.id = p.reply_to_user_id"
            f" WHERE {where.sql()} AND p.id < ? ORDER BY p.id DESC LIMIT 300",
            (*where.args, before or 1 << 62),
        )
        yield from (row for row in batch if query.matches(view(row)))
        if len(batch) < 300:
            return
        before = batch[-1]["id"]


def search(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/tweets/search/recent."""
    for one, other in (("start_time", "since_id"), ("end_time", "until_id")):
        if one in call.query and other in call.query:
            message = f"Only one of `{one}` and `{other}` may be given"
            raise ApiError(400, problems.invalid_parameter(other, call.query[other], message))
    renderer = Renderer(sandbox, call)
    limit = number(call, "max_results", 10, 100, 10)
    found = _matching(sandbox, call, read_token(call, "next_token", "pagination_token"))
    rows = [row for row, _ in zip(found, range(limit + 1), strict=False)]
    more, rows = len(rows) > limit, rows[:limit]
    meta: dict[str, Any] = {"result_count": len(rows)}
    if rows:
        meta |= {"newest_id": str(rows[0]["id"]), "oldest_id": str(rows[-1]["id"])}
    if more:
        meta["next_token"] = page_token("next", rows[-1]["id"])
    sandbox_usage(sandbox, call, len(rows))
    return Response(200, renderer.envelope(renderer.posts(rows), meta))


def counts(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/tweets/counts/recent: how many posts match, per minute, hour or day."""
    grain = call.query.get("granularity", "hour")
    steps = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
    if grain not in steps:
        message = f"The `granularity` query parameter value [{grain}] is not minute, hour or day"
        raise ApiError(400, problems.invalid_parameter("granularity", grain, message))
    step = steps[grain]
    buckets: dict[int, int] = {}
    for row in _matching(sandbox, call, None):
        start = row["created_ms"] // step * step
        buckets[start] = buckets.get(start, 0) + 1
    word = "post_count" if sandbox.settings["vocabulary"] == "spec" else "tweet_count"
    data = [
        {"start": iso(start), "end": iso(start + step), word: buckets[start]}
        for start in sorted(buckets)
    ]
    return Response(200, {"data": data, "meta": {f"total_{word}": sum(buckets.values())}})
