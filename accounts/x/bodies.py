"""The exact JSON bodies of the writes: what is sent, what a dry run shows, what a digest covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.x.text import unix_lines
from accounts.x.types import Poll


def build_post_body(
    text: str,
    *,
    reply_to: str | None = None,
    quote: str | None = None,
    media_ids: Sequence[str] = (),
    poll: Poll | None = None,
    reply_settings: str | None = None,
    community_id: str | None = None,
    made_with_ai: bool | None = None,
    paid_partnership: bool | None = None,
) -> dict[str, Any]:
    """The body of ``POST /2/tweets``.

    ``text`` is always there, since X rejects a body without it; its line endings become plain
    newlines, as they are counted. ``reply_settings`` is
    ``following``, ``mentionedUsers``, ``subscribers`` or ``verified``; None lets everyone reply.
    Unknown fields make X refuse the whole body, so what is not asked for is left out.
    """
    body: dict[str, Any] = {"text": unix_lines(text)}
    if reply_to is not None:
        body["reply"] = {"in_reply_to_tweet_id": reply_to}
    if quote is not None:
        body["quote_tweet_id"] = quote
    if media_ids:
        body["media"] = {"media_ids": list(media_ids)}
    if poll is not None:
        body["poll"] = {"options": list(poll.options), "duration_minutes": poll.duration_minutes}
    if reply_settings is not None:
        body["reply_settings"] = reply_settings
    if community_id is not None:
        body["community_id"] = community_id
    if made_with_ai is not None:
        body["made_with_ai"] = made_with_ai
    if paid_partnership is not None:
        body["paid_partnership"] = paid_partnership
    return body


def build_dm_body(text: str, *, media_id: str | None = None) -> dict[str, Any]:
    """The body of a direct message: a text, one attachment, or both."""
    body: dict[str, Any] = {}
    if text:
        body["text"] = unix_lines(text)
    if media_id is not None:
        body["attachments"] = [{"media_id": media_id}]
    return body
