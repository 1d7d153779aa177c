"""The query parameters of the reads: which fields to ask for, and when.

Author and sender are asked for as expansions, since only those are valid in both of X's
vocabularies (X API docs: fields, expansions; OpenAPI 2.167).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from accounts.x.errors import InvalidRequest

Vocabulary = Literal["tweet", "post"]

_POST_FIELDS = (
    "attachments,community_id,conversation_id,created_at,entities,lang,public_metrics,"
    "reply_settings"
)
_POST_EXPANSIONS = "author_id,in_reply_to_user_id,attachments.media_keys"
USER_FIELDS = (
    "connection_status,created_at,description,name,profile_image_url,protected,public_metrics,"
    "receives_your_dm,username,verified_type"
)
DM_FIELDS = "attachments,created_at,dm_conversation_id,entities,event_type,id,text"
USAGE_FIELDS = "cap_reset_day,daily_project_usage,project_cap,project_id,project_usage"


def post_fields(words: Vocabulary) -> dict[str, str]:
    """What to ask of every post, in the words of one vocabulary."""
    note, references = (
        ("note_tweet", "referenced_tweets.id")
        if words == "tweet"
        else ("note_post", "referenced_posts")
    )
    return {
        f"{words}.fields": f"{_POST_FIELDS},{note}",
        "expansions": f"{_POST_EXPANSIONS},{references}",
        "user.fields": USER_FIELDS,
    }


def about_vocabulary(error: InvalidRequest, words: Vocabulary) -> bool:
    """Whether X's complaint is about a name of this vocabulary."""
    said = " ".join((error.detail, error.raw, *error.parameters))
    return any(name in said for name in (f"{words}.fields", f"note_{words}", f"referenced_{words}"))


def times(start_time: datetime | None, end_time: datetime | None) -> dict[str, str]:
    """The bounds that are given, in X's form."""
    named = {"start_time": start_time, "end_time": end_time}
    return {name: _rfc3339(moment) for name, moment in named.items() if moment is not None}


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("X takes moments with a time zone only")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timeline(
    since_id: str | None,
    until_id: str | None,
    start_time: datetime | None,
    end_time: datetime | None,
    max_results: int,
    pagination_token: str | None,
) -> dict[str, str]:
    """One page of a timeline or search."""
    given = {"since_id": since_id, "until_id": until_id, "pagination_token": pagination_token}
    return {
        "max_results": str(max_results),
        **{name: value for name, value in given.items() if value is not None},
        **times(start_time, end_time),
    }


def dm_events(
    max_results: int, pagination_token: str | None, event_types: Sequence[str]
) -> dict[str, str]:
    """One page of direct-message events."""
    params = {
        "max_results": str(max_results),
        "event_types": ",".join(event_types),
        "dm_event.fields": DM_FIELDS,
        "expansions": "sender_id",
        "user.fields": USER_FIELDS,
    }
    if pagination_token is not None:
        params["pagination_token"] = pagination_token
    return params
