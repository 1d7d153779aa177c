"""Every operation: where it is, who may call it, what runs it.

Scopes follow the X API v2 OpenAPI description 2.167 (`security`), permission levels the X docs
on app permissions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from . import dms, engagement, media, posts, search, timelines, tokens, users
from .core import Sandbox
from .fields import names
from .wire import Call, Response

Handler = Callable[[Sandbox, Call], Response]

USER = ("oauth1", "oauth2")
ANY = ("oauth1", "oauth2", "app")

POST_QUERY = frozenset(
    {"tweet.fields", "post.fields", "user.fields", "media.fields", "poll.fields", "place.fields",
     "expansions"}
)  # fmt: skip
USER_QUERY = frozenset({"tweet.fields", "post.fields", "user.fields", "expansions"})
DM_QUERY = POST_QUERY | {"dm_event.fields"}
SPAN = names("max_results pagination_token since_id until_id start_time end_time")
DM_PAGE = DM_QUERY | {"max_results", "pagination_token", "event_types"}


@dataclass(frozen=True)
class Route:
    """One operation. `kinds` empty: the handler checks its own credentials."""

    operation: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    kinds: tuple[str, ...]
    scopes: frozenset[str]
    level: str
    query: frozenset[str]

    def name(self, call: Call) -> str:
        """The operation's name, which for hiding depends on the body."""
        if self.operation == "hide":
            try:
                body = json.loads(call.raw)
            except (ValueError, RecursionError):
                return "hide"
            return "unhide" if isinstance(body, dict) and body.get("hidden") is False else "hide"
        return self.operation


def _route(
    operation: str,
    method: str,
    path: str,
    handler: Handler,
    kinds: tuple[str, ...] = USER,
    scopes: str = "tweet.read users.read",
    level: str = "read",
    query: frozenset[str] = frozenset(),
) -> Route:
    # Ids are digits, so that /2/users/me is not taken for an id.
    def group(match: re.Match[str]) -> str:
        name = match[1]
        form = {"username": r"[A-Za-z0-9_]{1,15}", "dm_conversation_id": r"[0-9-]{1,39}"}
        if name == "id" and "dm_conversations" in path:
            return rf"(?P<{name}>[0-9-]{{1,39}})"
        return rf"(?P<{name}>{form.get(name, r'[0-9]{1,19}')})"

    pattern = re.compile(re.sub(r"\{(\w+)\}", group, path))
    return Route(
        operation, method, pattern, handler, kinds, frozenset(scopes.split()), level, query
    )


_WRITE = "tweet.read tweet.write users.read"
_LIKE = "tweet.read users.read like.write"
_DM_READ = "dm.read tweet.read users.read"
_DM_WRITE = "dm.write tweet.read users.read"
RW, RWD = "read-write", "read-write-dm"

ROUTES = (
    _route("create_post", "POST", "/2/tweets", posts.create, USER, _WRITE, RW),
    _route("get_posts", "GET", "/2/tweets", timelines.get_posts, ANY, query=POST_QUERY | {"ids"}),
    _route("search", "GET", "/2/tweets/search/recent", search.search, ANY,
           query=POST_QUERY | SPAN | {"query", "next_token", "sort_order"}),
    _route("counts", "GET", "/2/tweets/counts/recent", search.counts, ("oauth2", "app"), "",
           query=SPAN - {"max_results"} | {"query", "granularity", "search_count.fields"}),
    _route("get_post", "GET", "/2/tweets/{id}", timelines.get_post, ANY, query=POST_QUERY),
    _route("delete_post", "DELETE", "/2/tweets/{id}", posts.delete, USER, _WRITE, RW),
    _route("hide", "PUT", "/2/tweets/{tweet_id}/hidden", engagement.hide, USER,
           "tweet.read users.read tweet.moderate.write", RW),
    _route("me", "GET", "/2/users/me", users.me, query=USER_QUERY),
    _route("get_users", "GET", "/2/users", users.get_users, ANY, query=USER_QUERY | {"ids"}),
    _route("get_users_by_usernames", "GET", "/2/users/by", users.get_users_by_usernames, ANY,
           query=USER_QUERY | {"usernames"}),
    _route("get_user_by_username", "GET", "/2/users/by/username/{username}",
           users.get_user_by_username, ANY, query=USER_QUERY),
    _route("get_user", "GET", "/2/users/{id}", users.get_user, ANY, query=USER_QUERY),
    _route("own_posts", "GET", "/2/users/{id}/tweets", timelines.own_posts, ANY,
           query=POST_QUERY | SPAN | {"exclude"}),
    _route("mentions", "GET", "/2/users/{id}/mentions", timelines.mentions, ANY,
           query=POST_QUERY | SPAN),
    _route("like", "POST", "/2/users/{id}/likes", engagement.like, USER, _LIKE, RW),
    _route("unlike", "DELETE", "/2/users/{id}/likes/{tweet_id}", engagement.unlike, USER, _LIKE,
           RW),
    _route("repost", "POST", "/2/users/{id}/retweets", engagement.repost, USER, _WRITE, RW),
    _route("unrepost", "DELETE", "/2/users/{id}/retweets/{source_tweet_id}", engagement.unrepost,
           USER, _WRITE, RW),
    _route("create_dm_conversation", "POST", "/2/dm_conversations", dms.create_group, USER,
           _DM_WRITE, RWD),
    _route("send_dm", "POST", "/2/dm_conversations/with/{participant_id}/messages",
           dms.send_to_person, USER, _DM_WRITE, RWD),
    _route("send_dm", "POST", "/2/dm_conversations/{dm_conversation_id}/messages",
           dms.send_to_conversation, USER, _DM_WRITE, RWD),
    _route("dm_events", "GET", "/2/dm_events", dms.list_all, USER, _DM_READ, RWD, DM_PAGE),
    _route("dm_events_with", "GET", "/2/dm_conversations/with/{participant_id}/dm_events",
           dms.list_with, USER, _DM_READ, RWD, DM_PAGE),
    _route("dm_conversation_events", "GET", "/2/dm_conversations/{id}/dm_events",
           dms.list_conversation, USER, _DM_READ, RWD, DM_PAGE),
    _route("get_dm_event", "GET", "/2/dm_events/{event_id}", dms.get_event, USER, _DM_READ, RWD,
           DM_QUERY),
    _route("delete_dm_event", "DELETE", "/2/dm_events/{event_id}", dms.delete_event, USER,
           "dm.read dm.write", RWD),
    _route("upload_media", "POST", "/2/media/upload", media.one_shot, USER, "media.write", RW),
    _route("media_status", "GET", "/2/media/upload", media.status, USER, "media.write", RW,
           frozenset({"media_id", "command"})),
    _route("media_initialize", "POST", "/2/media/upload/initialize", media.initialize, USER,
           "media.write", RW),
    _route("media_append", "POST", "/2/media/upload/{id}/append", media.append, USER,
           "media.write", RW),
    _route("media_finalize", "POST", "/2/media/upload/{id}/finalize", media.finalize, USER,
           "media.write", RW),
    _route("media_metadata", "POST", "/2/media/metadata", media.metadata, USER, "media.write", RW),
    _route("usage", "GET", "/2/usage/tweets", users.usage, ("app",), "",
           query=frozenset({"days", "usage.fields"})),
    _route("refresh_token", "POST", "/2/oauth2/token", tokens.token, ()),
    _route("revoke_token", "POST", "/2/oauth2/revoke", tokens.revoke, ()),
    _route("app_token", "POST", "/oauth2/token", tokens.app_only, ()),
)  # fmt: skip

OPERATIONS = tuple(dict.fromkeys([*(route.operation for route in ROUTES), "unhide"]))


def find(call: Call) -> tuple[Route | None, bool]:
    """The route of a call, with the path's arguments put into it; and whether the path exists."""
    known = False
    for route in ROUTES:
        match = route.pattern.fullmatch(call.path)
        if match is None:
            continue
        known = True
        if route.method == call.method:
            call.path_args = match.groupdict()
            return route, True
    return None, known
