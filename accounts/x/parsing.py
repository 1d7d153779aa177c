"""From X's JSON to our types, whichever of the two vocabularies it came in.

The spec of 2026 says "post" where the older answers say "tweet" (X API docs: data dictionary;
OpenAPI 2.167). Both are read. What is missing or of an odd type becomes None; only an object
without an id is an error (``BadShape``), for nothing can be done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from accounts.x.answers import as_mapping, as_mappings, read_partial_errors
from accounts.x.types import (
    CountBucket,
    Counts,
    CreatedPost,
    DailyUsage,
    DmEvent,
    MediaUpload,
    Page,
    Post,
    PostMetrics,
    Processing,
    Reference,
    SentDm,
    UrlEntity,
    Usage,
    User,
)

T = TypeVar("T")
Json = Mapping[str, Any]


class BadShape(ValueError):
    """The answer is not what the documentation promises."""


def either(source: Json, *names: str) -> Any:
    """The first of these fields that is there and not null."""
    return next((source[name] for name in names if source.get(name) is not None), None)


def _id(source: Json, name: str = "id") -> str:
    value = source.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value):
        raise BadShape(f"no {name} in the answer")
    return str(value)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value if isinstance(v, str | int)) if _is_list(value) else ()


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    # Usage counters come as strings.
    try:
        return None if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


def read_time(value: Any) -> datetime | None:
    """An RFC 3339 moment as aware UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def data_of(payload: Json) -> Json:
    """The ``data`` object of an answer about one thing."""
    data = payload.get("data")
    if not isinstance(data, Mapping):
        raise BadShape("no data in the answer")
    return data


def read_created_post(payload: Json) -> CreatedPost:
    """The answer to ``POST /2/tweets``."""
    data = data_of(payload)
    return CreatedPost(id=_id(data), text=_text(data.get("text")) or "")


def read_sent_dm(payload: Json) -> SentDm:
    """The answer to a direct message."""
    data = data_of(payload)
    return SentDm(_id(data, "dm_event_id"), _id(data, "dm_conversation_id"))


def read_state(*names: str) -> Callable[[Json], bool]:
    """A reader for answers like ``{"data": {"deleted": true}}``."""

    def read(payload: Json) -> bool:
        value = either(data_of(payload), *names)
        if not isinstance(value, bool):
            raise BadShape(f"no {names[0]} in the answer")
        return value

    return read


def read_user(data: Json) -> User:
    """One user object."""
    metrics = as_mapping(data.get("public_metrics"))
    return User(
        id=_id(data),
        username=_text(data.get("username")) or "",
        name=_text(data.get("name")) or "",
        description=_text(data.get("description")) or "",
        created_at=read_time(data.get("created_at")),
        protected=_flag(data.get("protected")),
        verified_type=_text(data.get("verified_type")),
        profile_image_url=_text(data.get("profile_image_url")),
        receives_your_dm=_flag(data.get("receives_your_dm")),
        connection_status=_texts(data.get("connection_status")),
        followers_count=_number(metrics.get("followers_count")),
        following_count=_number(metrics.get("following_count")),
        post_count=_number(either(metrics, "post_count", "tweet_count")),
        listed_count=_number(metrics.get("listed_count")),
    )


def _urls(*sources: Json) -> tuple[UrlEntity, ...]:
    found: dict[str, UrlEntity] = {}
    for source in sources:
        for entry in as_mappings(as_mapping(source.get("entities")).get("urls")):
            url = _text(entry.get("url"))
            if url:
                target = _text(either(entry, "expanded_url", "unwound_url"))
                found[url] = UrlEntity(url, target or url, _text(entry.get("media_key")))
    return tuple(found.values())


def read_post(data: Json, users: Mapping[str, User] | None = None) -> Post:
    """One post object; ``users`` are those that X included beside it."""
    note = as_mapping(either(data, "note_post", "note_tweet"))
    mentions = as_mappings(as_mapping(data.get("entities")).get("mentions"))
    author_id = _text(data.get("author_id"))
    return Post(
        id=_id(data),
        text=_text(data.get("text")) or "",
        note_text=_text(note.get("text")),
        author_id=author_id,
        author=(users or {}).get(author_id or ""),
        created_at=read_time(data.get("created_at")),
        conversation_id=_text(data.get("conversation_id")),
        in_reply_to_user_id=_text(data.get("in_reply_to_user_id")),
        references=tuple(
            Reference(str(entry.get("type") or ""), _id(entry))
            for entry in as_mappings(either(data, "referenced_posts", "referenced_tweets"))
        ),
        edit_history_ids=_texts(either(data, "edit_history_post_ids", "edit_history_tweet_ids")),
        urls=_urls(data, note),
        mentions=tuple(str(m["username"]) for m in mentions if m.get("username")),
        media_keys=_texts(as_mapping(data.get("attachments")).get("media_keys")),
        metrics=_metrics(data.get("public_metrics")),
        lang=_text(data.get("lang")),
        reply_settings=_text(data.get("reply_settings")),
        community_id=_text(data.get("community_id")),
    )


def _metrics(value: Any) -> PostMetrics | None:
    if not isinstance(value, Mapping):
        return None
    return PostMetrics(
        likes=_number(value.get("like_count")) or 0,
        replies=_number(value.get("reply_count")) or 0,
        reposts=_number(either(value, "repost_count", "retweet_count")) or 0,
        quotes=_number(value.get("quote_count")) or 0,
        bookmarks=_number(value.get("bookmark_count")) or 0,
        impressions=_number(value.get("impression_count")) or 0,
    )


def _included_users(payload: Json) -> dict[str, User]:
    entries = as_mappings(as_mapping(payload.get("includes")).get("users"))
    return {user.id: user for user in map(read_user, entries)}


def read_one_post(payload: Json) -> Post:
    """The answer to a lookup of one post, its author filled in where X included it."""
    return read_post(data_of(payload), _included_users(payload))


def read_one_user(payload: Json) -> User:
    """The answer to a lookup of one user."""
    return read_user(data_of(payload))


def _page(payload: Json, read: Callable[[Json], T]) -> Page[T]:
    data = payload.get("data")
    meta = as_mapping(payload.get("meta"))
    # X leaves ``data`` out when there is nothing; then something else must show that this is X.
    if data is None and not ({"meta", "errors"} & payload.keys()):
        raise BadShape("neither data, meta nor errors in the answer")
    if data is not None and not (_is_list(data) and all(isinstance(d, Mapping) for d in data)):
        raise BadShape("data is no list of objects")
    includes = as_mapping(payload.get("includes"))
    users = _included_users(payload)
    posts = as_mappings(either(includes, "posts", "tweets"))
    return Page(
        items=tuple(read(entry) for entry in data or ()),
        next_token=_text(meta.get("next_token")),
        previous_token=_text(meta.get("previous_token")),
        newest_id=_text(meta.get("newest_id")),
        oldest_id=_text(meta.get("oldest_id")),
        users=users,
        posts={post.id: post for post in (read_post(entry, users) for entry in posts)},
        errors=read_partial_errors(payload),
    )


def read_posts(payload: Json) -> Page[Post]:
    """A page of posts."""
    users = _included_users(payload)
    return _page(payload, lambda entry: read_post(entry, users))


def read_users(payload: Json) -> Page[User]:
    """A page of users."""
    return _page(payload, read_user)


def read_dm_events(payload: Json) -> Page[DmEvent]:
    """A page of direct-message events."""
    return _page(payload, _dm_event)


def _dm_event(data: Json) -> DmEvent:
    return DmEvent(
        id=_id(data),
        event_type=_text(data.get("event_type")) or "",
        text=_text(data.get("text")) or "",
        sender_id=_text(data.get("sender_id")),
        conversation_id=_text(data.get("dm_conversation_id")),
        created_at=read_time(data.get("created_at")),
        media_keys=_texts(as_mapping(data.get("attachments")).get("media_keys")),
        participant_ids=_texts(data.get("participant_ids")),
        urls=_urls(data),
    )


def read_counts(payload: Json) -> Counts:
    """The answer to ``GET /2/tweets/counts/recent``."""
    buckets = []
    for entry in as_mappings(payload.get("data")):
        start, end = read_time(entry.get("start")), read_time(entry.get("end"))
        count = _number(either(entry, "post_count", "tweet_count"))
        if start is None or end is None or count is None:
            raise BadShape("a count without its time or number")
        buckets.append(CountBucket(start, end, count))
    meta = as_mapping(payload.get("meta"))
    total = _number(either(meta, "total_post_count", "total_tweet_count"))
    if total is None:
        raise BadShape("no total in the answer")
    return Counts(tuple(buckets), total)


def read_media(payload: Json) -> MediaUpload:
    """The answer to initialize, finalize and status."""
    data = data_of(payload)
    info = data.get("processing_info")
    return MediaUpload(
        id=_id(data),
        media_key=_text(data.get("media_key")),
        size=_number(data.get("size")),
        expires_after_secs=_number(data.get("expires_after_secs")),
        processing=_processing(info) if isinstance(info, Mapping) else None,
    )


def _processing(info: Json) -> Processing:
    error = as_mapping(info.get("error"))
    return Processing(
        state=str(info.get("state") or "pending"),
        check_after_secs=_number(info.get("check_after_secs")),
        progress_percent=_number(info.get("progress_percent")),
        error=_text(either(error, "message", "detail", "name")) or "",
    )


def read_usage(payload: Json) -> Usage:
    """The answer to ``GET /2/usage/tweets``."""
    data = data_of(payload)
    days: list[DailyUsage] = []
    for entry in as_mappings(as_mapping(data.get("daily_project_usage")).get("usage")):
        day, posts = read_time(entry.get("date")), _number(entry.get("usage"))
        if day is not None and posts is not None:
            days.append(DailyUsage(day, posts))
    return Usage(
        project_id=_text(data.get("project_id")),
        project_usage=_number(data.get("project_usage")),
        project_cap=_number(data.get("project_cap")),
        cap_reset_day=_number(data.get("cap_reset_day")),
        daily=tuple(days),
    )
