"""The post handler: what a part sends, and what its post shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.x.bodies import build_post_body
from accounts.x.types import Poll
from execution.handlers import EffectRequest, MediaNeed, RefusedByContentError
from execution.models import Action
from execution.states import ActionStatus
from publishing.content import PostContent
from publishing.models import Post, PostPart
from publishing.states import NOT_COUNTED_AS_DUPLICATE, PostStatus


def status_of(statuses: Sequence[str]) -> PostStatus:
    """The status of a post whose parts' actions have these, in order of the parts."""
    found = set(statuses)
    first_of = (
        (ActionStatus.UNKNOWN, PostStatus.UNKNOWN),
        (ActionStatus.RUNNING, PostStatus.PUBLISHING),
        (ActionStatus.FAILED, PostStatus.FAILED),
        (ActionStatus.MISSED, PostStatus.MISSED),
        (ActionStatus.CANCELLED, PostStatus.CANCELLED),
    )
    for status, shown in first_of:
        if status in found:
            return shown
    if found == {ActionStatus.DONE}:
        return PostStatus.PUBLISHED
    return PostStatus.PUBLISHING if ActionStatus.DONE in found else PostStatus.SCHEDULED


def preview(content: PostContent) -> list[dict[str, Any]]:
    """The bodies that X would get; ids that only X can give are named in angle brackets."""
    bodies = []
    for number, part in enumerate(content.parts):
        first = number == 0
        body = build_post_body(
            part.text,
            reply_to=(content.reply_to_post_id or None) if first else f"<id of part {number}>",
            quote=(content.quote_post_id or None) if first else None,
            media_ids=[f"<media {medium.asset.pk}>" for medium in part.media],
            poll=Poll(tuple(part.poll["options"]), part.poll["duration_minutes"])
            if part.poll
            else None,
            reply_settings=(content.reply_settings or None) if first else None,
            community_id=(content.community_id or None) if first else None,
            made_with_ai=content.made_with_ai or None,
            paid_partnership=content.paid_partnership or None,
        )
        bodies.append(body)
    return bodies


class PostHandler:
    """Posts and parts of threads."""

    operations: tuple[str, ...] = ("create_post",)

    def request(self, action: Action) -> EffectRequest:
        part = PostPart.objects.select_related("post").get(action=action)
        post = part.post
        first = part.position == 1
        parent = post.reply_to_post_id
        if not first:
            parent = action.depends_on.x_id if action.depends_on else ""
            if not parent:
                raise RefusedByContentError(
                    "chain_broken", "The part before it is not on X. Resume the thread there."
                )
        media = list(part.media.select_related("asset"))
        poll = part.poll or None
        body = build_post_body(
            part.text,
            reply_to=parent or None,
            quote=(post.quote_post_id or None) if first else None,
            poll=Poll(tuple(poll["options"]), poll["duration_minutes"]) if poll else None,
            reply_settings=(post.reply_settings or None) if first else None,
            community_id=(post.community_id or None) if first else None,
            made_with_ai=post.made_with_ai or None,
            paid_partnership=post.paid_partnership or None,
        )
        return EffectRequest(
            operation="create_post",
            body=body,
            media=tuple(
                MediaNeed(
                    sha256=medium.asset.sha256,
                    path=medium.asset.path,
                    mime_type=medium.asset.mime_type,
                    alt_text=medium.alt_text or medium.asset.alt_text,
                )
                for medium in media
            ),
        )

    def project(self, actions: Sequence[Action]) -> None:
        posts = PostPart.objects.filter(action__in=actions).values_list("post_id", flat=True)
        for post_id in set(posts):
            show_status(post_id)


def show_status(post_id: int) -> None:
    """Set the post's status from its parts. A missed or cancelled one frees its words."""
    statuses = list(
        PostPart.objects.filter(post_id=post_id)
        .order_by("position")
        .values_list("action__status", flat=True)
    )
    status = status_of([found for found in statuses if found])
    changes: dict[str, object] = {"status": status}
    if status in NOT_COUNTED_AS_DUPLICATE:
        changes["dedupe_key"] = None
    Post.objects.filter(pk=post_id).exclude(status=status).update(**changes)
