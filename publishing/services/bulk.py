"""Writing many posts at once: the same rows and events as `write_post`, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import IntegrityError, transaction

from accounts.events import EventName, new_event
from accounts.models import Account, Event
from accounts.principals import Principal
from execution.services.chains import Chain, schedule_chains
from publishing.content import PostContent
from publishing.models import PartMedia, Post, PostImport, PostPart
from publishing.services.posts import POST, Written, write_post
from publishing.states import PostStatus

_LOOKUP = 500  # keys in one query; SQLite takes 999 values


@dataclass(frozen=True)
class NewPost:
    """A post that was checked already. `key` is its dedupe key; one without a time is a draft."""

    account: Account
    content: PostContent
    key: str
    is_thread: bool

    @property
    def draft(self) -> bool:
        return self.content.scheduled_time is None


def posts_with(keys: Iterable[str]) -> dict[str, int]:
    """Dedupe key -> id of the post that has it."""
    wanted = sorted(set(keys))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _LOOKUP):
        posts = Post.objects.filter(dedupe_key__in=wanted[start : start + _LOOKUP])
        found |= {str(key): pk for key, pk in posts.values_list("dedupe_key", "pk")}
    return found


def write_posts(
    new: Sequence[NewPost], *, actor: Principal, post_import: PostImport
) -> list[Written]:
    """Write posts and threads whose keys are not taken, in the caller's transaction."""
    try:
        with transaction.atomic():
            return [Written(post) for post in _write(new, actor, post_import)]
    except IntegrityError:
        # Someone wrote the same words at this moment: one by one shows which it was.
        return [
            write_post(
                account=each.account,
                content=each.content,
                actor=actor,
                is_thread=each.is_thread,
                draft=each.draft,
                post_import=post_import,
            )
            for each in new
        ]


def _write(new: Sequence[NewPost], actor: Principal, post_import: PostImport) -> list[Post]:
    posts = Post.objects.bulk_create(
        Post(
            account=each.account,
            status=PostStatus.DRAFT if each.draft else PostStatus.SCHEDULED,
            is_thread=each.is_thread,
            dedupe_key=None if each.draft else each.key,
            post_import=post_import,
            created_by=actor.label,
            created_by_key=actor.key,
            **_fields(each.content),
        )
        for each in new
    )
    Event.objects.bulk_create(
        new_event(
            EventName.POST_CREATED,
            actor=actor,
            object_type=POST,
            object_id=post.pk,
            account_slot=each.account.slot,
            draft=each.draft,
        )
        for each, post in zip(new, posts, strict=True)
    )
    _write_parts(new, posts, actor)
    return posts


def _fields(content: PostContent) -> dict[str, Any]:
    return {field.name: getattr(content, field.name) for field in fields(content)[1:]}


def _write_parts(new: Sequence[NewPost], posts: list[Post], actor: Principal) -> None:
    timed = [n for n, each in enumerate(new) if each.content.scheduled_time]
    chains = [
        Chain(
            account=new[n].account,
            due_at=due_at,
            not_after=new[n].content.not_after,
            needs_media=tuple(bool(part.media) for part in new[n].content.parts),
        )
        for n in timed
        if (due_at := new[n].content.scheduled_time)
    ]
    actions = dict(zip(timed, schedule_chains(chains, action_type=POST, actor=actor), strict=True))
    contents = [
        (n, number, part)
        for n, each in enumerate(new)
        for number, part in enumerate(each.content.parts)
    ]
    parts = PostPart.objects.bulk_create(
        PostPart(
            post=posts[n],
            position=number + 1,
            text=part.text,
            poll=part.poll,
            action=actions[n][number] if n in actions else None,
        )
        for n, number, part in contents
    )
    PartMedia.objects.bulk_create(
        PartMedia(part=row, asset=medium.asset, position=position, alt_text=medium.alt_text)
        for row, (_, _, part) in zip(parts, contents, strict=True)
        for position, medium in enumerate(part.media, start=1)
    )
