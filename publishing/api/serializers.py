"""Posts and threads as JSON, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.api.fields import AwareDateTimeField, SlotField, StrictSerializer, TextField, XIdField
from accounts.api.fields import utc as as_utc
from accounts.errors import InvalidError
from accounts.x.pricing import post_price
from execution import clock
from execution.services.actions import RESOLUTIONS
from execution.states import ActionStatus
from publishing.content import PartContent, PartMediaContent, PostContent
from publishing.models import MediaAsset, Post, PostPart
from publishing.services.posts import trouble_of
from publishing.states import PostStatus, ReplySettings


class MediaInput(StrictSerializer):
    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    alt_text = TextField(max_length=1000, allow_blank=True, default="")


class PollInput(StrictSerializer):
    options = serializers.ListField(
        child=serializers.CharField(min_length=1, max_length=25), min_length=2, max_length=4
    )
    duration_minutes = serializers.IntegerField(min_value=5, max_value=10_080)


class PartInput(StrictSerializer):
    text = TextField(allow_blank=True, default="", max_length=25_000)
    media = MediaInput(many=True, default=list)
    poll = PollInput(allow_null=True, default=None)


class _Common(StrictSerializer):
    """What posts and threads share."""

    scheduled_time = AwareDateTimeField(required=False, allow_null=True)
    not_after = AwareDateTimeField(required=False, allow_null=True)
    reply_to_post_id = XIdField(required=False, allow_blank=False, allow_null=True)
    quote_post_id = XIdField(required=False, allow_null=True)
    community_id = XIdField(required=False, allow_null=True)
    reply_settings = serializers.ChoiceField(
        choices=ReplySettings.choices, required=False, allow_null=True
    )
    made_with_ai = serializers.BooleanField(required=False)
    paid_partnership = serializers.BooleanField(required=False)
    source_url = serializers.URLField(required=False, allow_blank=True, max_length=2000)
    labels = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=20
    )


NEW_STATUSES = [PostStatus.DRAFT.value, PostStatus.SCHEDULED.value]
CHANGED_STATUSES = [PostStatus.SCHEDULED.value]


class _New(_Common):
    account_slot = SlotField()
    status = serializers.ChoiceField(
        choices=NEW_STATUSES,
        default=PostStatus.SCHEDULED.value,
    )
    dedupe = serializers.BooleanField(default=True)
    dry_run = serializers.BooleanField(default=False)


class PostInput(_New):
    text = TextField(allow_blank=True, default="", max_length=25_000)
    media = MediaInput(many=True, default=list)
    poll = PollInput(allow_null=True, default=None)


class ThreadInput(_New):
    parts = PartInput(many=True, allow_empty=False)


class PostChange(_Common):
    text = TextField(allow_blank=True, required=False, max_length=25_000)
    media = MediaInput(many=True, required=False)
    poll = PollInput(allow_null=True, required=False)
    parts = PartInput(many=True, allow_empty=False, required=False)
    status = serializers.ChoiceField(choices=CHANGED_STATUSES, required=False)
    revision = serializers.IntegerField(min_value=1, required=False)


class RevisionInput(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, required=False)


class ResolveInput(StrictSerializer):
    resolution = serializers.ChoiceField(choices=RESOLUTIONS)
    x_id = XIdField(required=False)
    note = TextField(required=False, allow_blank=True, max_length=500)


class RetryManyInput(StrictSerializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=100,
    )


class BulkInput(StrictSerializer):
    posts = PostInput(many=True, allow_empty=False, max_length=100)  # type: ignore[call-arg]


def media_of(given: list[dict[str, Any]], where: str) -> tuple[PartMediaContent, ...]:
    """The library's files by their ids, in the order given."""
    assets = MediaAsset.objects.in_bulk([item["id"] for item in given])
    missing = [item["id"] for item in given if item["id"] not in assets]
    if missing:
        raise InvalidError.of(
            where, "not_found", f"There is no media {missing[0]}. POST /api/media adds a file."
        )
    return tuple(PartMediaContent(assets[item["id"]], item["alt_text"]) for item in given)


def part_of(given: dict[str, Any], where: str = "media") -> PartContent:
    poll = given.get("poll")
    return PartContent(
        text=given.get("text", ""),
        media=media_of(given.get("media", []), where),
        poll=dict(poll) if poll else None,
    )


COMMON = tuple(_Common().fields)
BLANK: dict[str, Any] = {
    "scheduled_time": None,
    "not_after": None,
    "labels": [],
    "made_with_ai": False,
}


def common_of(data: dict[str, Any]) -> dict[str, Any]:
    """The shared fields that were sent, null meaning empty."""
    return {
        name: data[name] if data[name] is not None else BLANK.get(name, "")
        for name in COMMON
        if name in data
    }


def content_from(data: dict[str, Any]) -> PostContent:
    """The content of a new post or thread."""
    if "parts" in data:
        parts = tuple(
            part_of(part, f"parts.{number}.media") for number, part in enumerate(data["parts"])
        )
    else:
        parts = (part_of(data),)
    return PostContent(parts=parts, **common_of(data))


PART_STATES = ["draft", *ActionStatus.values]


class FailureOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    retryable = serializers.BooleanField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class AttachedMediaOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    alt_text = serializers.CharField()


class PartOutput(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    text = serializers.CharField()
    media = AttachedMediaOutput(many=True)
    poll = serializers.JSONField(allow_null=True)
    state = serializers.ChoiceField(choices=PART_STATES)
    action_id = serializers.CharField(allow_null=True)
    x_post_id = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)


class PostOutput(serializers.Serializer[Any]):
    """The shape of a post or thread in answers; `render_post` fills it."""

    id = serializers.CharField()
    account_slot = serializers.IntegerField()
    status = serializers.ChoiceField(choices=PostStatus.choices)
    revision = serializers.IntegerField()
    text = serializers.CharField()
    media = AttachedMediaOutput(many=True)
    poll = serializers.JSONField(allow_null=True)
    parts = PartOutput(many=True)
    scheduled_time = serializers.DateTimeField(allow_null=True)
    not_after = serializers.DateTimeField(allow_null=True)
    reply_to_post_id = serializers.CharField(allow_null=True)
    quote_post_id = serializers.CharField(allow_null=True)
    community_id = serializers.CharField(allow_null=True)
    reply_settings = serializers.CharField(allow_null=True)
    made_with_ai = serializers.BooleanField()
    paid_partnership = serializers.BooleanField()
    labels = serializers.ListField(child=serializers.CharField())
    source_url = serializers.CharField(allow_blank=True)
    dedupe = serializers.BooleanField()
    x_post_id = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    cost_usd = serializers.CharField()
    failure = FailureOutput(allow_null=True)
    attempts_url = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    skipped = serializers.BooleanField(required=False)


def render_post(post: Post, *, now: datetime | None = None) -> dict[str, Any]:
    """A post as answers show it; needs the prefetches of `visible_posts`."""
    now = now or clock.now()
    parts = [_render_part(part, post.account.username) for part in post.parts.all()]
    first = parts[0] if parts else {}
    reply = bool(post.reply_to_post_id)
    cost = sum(
        post_price(part.text, summoned_reply=reply and part.position == 1)
        for part in post.parts.all()
    )
    folder = "threads" if post.is_thread else "posts"
    return {
        "id": str(post.pk),
        "account_slot": post.account.slot,
        "status": post.status,
        "revision": post.revision,
        "text": first.get("text", ""),
        "media": first.get("media", []),
        "poll": first.get("poll"),
        "parts": parts,
        "scheduled_time": as_utc(post.scheduled_time),
        "not_after": as_utc(post.not_after),
        "reply_to_post_id": post.reply_to_post_id or None,
        "quote_post_id": post.quote_post_id or None,
        "community_id": post.community_id or None,
        "reply_settings": post.reply_settings or None,
        "made_with_ai": post.made_with_ai,
        "paid_partnership": post.paid_partnership,
        "labels": post.labels,
        "source_url": post.source_url,
        "dedupe": post.dedupe,
        "x_post_id": first.get("x_post_id"),
        "url": first.get("url"),
        "cost_usd": str(cost),
        "failure": _failure(post, now),
        "attempts_url": f"/api/scheduler/{folder}/{post.pk}/attempts",
        "created_by": post.created_by,
        "created_at": as_utc(post.created_at),
    }


def _render_part(part: PostPart, username: str) -> dict[str, Any]:
    action = part.action
    x_id = action.x_id if action else ""
    return {
        "position": part.position,
        "text": part.text,
        "media": [
            {"id": medium.asset_id, "alt_text": medium.alt_text or medium.asset.alt_text}
            for medium in part.media.all()
        ],
        "poll": part.poll,
        "state": action.status if action else "draft",
        "action_id": str(action.pk) if action else None,
        "x_post_id": x_id or None,
        "url": f"https://x.com/{username}/status/{x_id}" if x_id else None,
    }


def _failure(post: Post, now: datetime) -> dict[str, Any] | None:
    trouble = trouble_of([part.action for part in post.parts.all() if part.action], now)
    if trouble is None:
        return None
    return {
        "code": trouble.error_code,
        "detail": trouble.error_detail,
        "retryable": trouble.retryable,
        "next_attempt_at": as_utc(trouble.next_attempt_at),
    }
