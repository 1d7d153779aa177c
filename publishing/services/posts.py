"""Writing, changing and stopping posts and threads: the same functions for every door."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.errors import ConflictError
from accounts.events import EventName, record_event
from accounts.models import Account
from accounts.principals import Principal
from execution import clock
from execution.engine.transitions import project
from execution.models import Action
from execution.services.actions import (
    cancel_action,
    locked,
    refuse_if_paused,
    resolve_action,
    retry_action,
    schedule_action,
)
from execution.states import ActionStatus
from publishing.content import PartContent, PartMediaContent, PostContent, check, check_time
from publishing.content import dedupe_key as key_of
from publishing.models import PartMedia, Post, PostImport, PostPart
from publishing.projection import show_status
from publishing.states import EDITABLE, PostStatus

POST = "post"


@dataclass(frozen=True)
class Written:
    """A post, and whether it stood there already with the same words."""

    post: Post
    duplicate: bool = False


def write_post(
    *,
    account: Account,
    content: PostContent,
    actor: Principal,
    is_thread: bool = False,
    draft: bool = False,
    dedupe: bool = True,
    post_import: PostImport | None = None,
) -> Written:
    """Save a draft or schedule a post or thread.

    The same words for the same account again give the post that is there already
    (`duplicate`), unless `dedupe` is off. Raises InvalidError for what X would refuse.
    """
    check(content, is_thread=is_thread)
    now = clock.now()
    if not draft:
        check_time(content, now)
    key = key_of(account.pk, content) if dedupe and not draft else None
    if key and (there := Post.objects.filter(dedupe_key=key).first()):
        return Written(there, duplicate=True)
    try:
        with transaction.atomic():
            post = Post.objects.create(
                account=account,
                is_thread=is_thread,
                dedupe=dedupe,
                dedupe_key=key,
                post_import=post_import,
                created_by=actor.label,
                created_by_key=actor.key,
                **_post_fields(content),
            )
            _write_parts(post, content)
            record_event(
                EventName.POST_CREATED,
                actor=actor,
                object_type=POST,
                object_id=post.pk,
                account_slot=account.slot,
                draft=draft,
            )
            if not draft:
                _schedule(post, actor)
    except IntegrityError:
        there = Post.objects.filter(dedupe_key=key).first() if key else None
        if there is None:
            raise
        return Written(there, duplicate=True)  # someone wrote the same words at this moment
    return Written(post)


def _post_fields(content: PostContent) -> dict[str, Any]:
    return {
        "scheduled_time": content.scheduled_time,
        "not_after": content.not_after,
        "reply_to_post_id": content.reply_to_post_id,
        "quote_post_id": content.quote_post_id,
        "community_id": content.community_id,
        "reply_settings": content.reply_settings,
        "made_with_ai": content.made_with_ai,
        "paid_partnership": content.paid_partnership,
        "labels": content.labels,
        "source_url": content.source_url,
    }


def _write_parts(post: Post, content: PostContent) -> None:
    for position, part in enumerate(content.parts, start=1):
        row = PostPart.objects.create(post=post, position=position, text=part.text, poll=part.poll)
        _write_media(row, part)


def _write_media(row: PostPart, part: PartContent) -> None:
    PartMedia.objects.bulk_create(
        PartMedia(part=row, asset=medium.asset, position=number, alt_text=medium.alt_text)
        for number, medium in enumerate(part.media, start=1)
    )


def _schedule(post: Post, actor: Principal) -> None:
    before: Action | None = None
    for part in post.parts.order_by("position").prefetch_related("media"):
        before = part.action = schedule_action(
            account=post.account,
            action_type=POST,
            due_at=None if before else post.scheduled_time,
            not_after=None if before else post.not_after,
            depends_on=before,
            needs_media=bool(part.media.all()),
            actor=actor,
        )
        part.save(update_fields=["action"])
    show_status(post.pk)
    post.refresh_from_db(fields=["status"])


def content_of(post: Post) -> PostContent:
    """The post as it is now, in the form that `edit_post` takes."""
    parts = post.parts.order_by("position").prefetch_related("media__asset")
    return PostContent(
        parts=tuple(
            PartContent(
                text=part.text,
                media=tuple(PartMediaContent(m.asset, m.alt_text) for m in part.media.all()),
                poll=part.poll,
            )
            for part in parts
        ),
        **{field.name: getattr(post, field.name) for field in fields(PostContent)[1:]},
    )


def _held(post_id: int, revision: int | None) -> tuple[Post, list[Action]]:
    """The post and its actions, held against claims and other edits."""
    post = Post.objects.select_for_update(of=("self",)).select_related("account").get(pk=post_id)
    ids = post.parts.exclude(action=None).order_by("position").values_list("action_id", flat=True)
    actions = locked(list(ids))
    if revision is not None and revision != post.revision:
        raise ConflictError(
            "revision_conflict",
            f"Somebody changed it meanwhile: you saw revision {revision}, it is now "
            f"{post.revision}. Read it again and repeat your change.",
            extra={"revision": post.revision},
        )
    return post, actions


def edit_post(
    *,
    post_id: int,
    changes: dict[str, Any],
    actor: Principal,
    schedule: bool = False,
    revision: int | None = None,
) -> Post:
    """Change what has not left. `changes` are fields of PostContent; `schedule` ends a draft.

    A new time for a failed or missed post schedules it again. Raises ConflictError when it is
    leaving, has left, or was changed by someone else (`revision`).
    """
    with transaction.atomic():
        post, actions = _held(post_id, revision)
        _refuse_unless_editable(post, actions)
        content = replace(content_of(post), **changes)
        check(content, is_thread=post.is_thread)
        now = clock.now()
        draft = post.status == PostStatus.DRAFT and not schedule
        if not draft and ("scheduled_time" in changes or schedule):
            check_time(content, now)
        for name, value in _post_fields(content).items():
            setattr(post, name, value)
        post.dedupe_key = key_of(post.account_id, content) if post.dedupe and not draft else None
        post.revision += 1
        _save_unless_duplicate(post)
        if "parts" in changes:
            actions = _rewrite_parts(post, content, actions, actor)
        if not draft:
            _reschedule(post, actions, actor, moved="scheduled_time" in changes)
        record_event(
            EventName.POST_EDITED,
            actor=actor,
            object_type=POST,
            object_id=post.pk,
            account_slot=post.account.slot,
            fields=sorted(changes),
        )
        show_status(post.pk)
    post.refresh_from_db()
    return post


def _refuse_unless_editable(post: Post, actions: list[Action]) -> None:
    if post.status == PostStatus.CANCELLED:
        raise ConflictError("wrong_state", "It was cancelled. Write it anew.")
    started = [
        a
        for a in actions
        if a.status not in (ActionStatus.SCHEDULED, ActionStatus.FAILED, ActionStatus.MISSED)
    ]
    if started or post.status not in EDITABLE:
        raise ConflictError(
            "wrong_state",
            "It is on X, on its way, or its outcome is not known yet, so it can't be changed.",
        )


def _save_unless_duplicate(post: Post) -> None:
    try:
        with transaction.atomic():
            post.save()
    except IntegrityError:
        there = Post.objects.filter(dedupe_key=post.dedupe_key).first()
        raise ConflictError(
            "duplicate",
            f"Post {there.pk if there else ''} of this account says the same. Change the words, "
            "or write it with dedupe false.",
            extra={"duplicate_of": str(there.pk) if there else None},
        ) from None


def _rewrite_parts(
    post: Post, content: PostContent, actions: list[Action], actor: Principal
) -> list[Action]:
    """New words in the same places; another number of parts gets a new chain of actions."""
    rows = list(post.parts.order_by("position"))
    if len(rows) == len(content.parts):
        for row, part in zip(rows, content.parts, strict=True):
            row.text, row.poll = part.text, part.poll
            row.save(update_fields=["text", "poll"])
            row.media.all().delete()
            _write_media(row, part)
            if row.action_id:
                Action.objects.filter(pk=row.action_id).update(needs_media=bool(part.media))
        return actions
    for action in actions:
        cancel_action(action, actor=actor, reason="The thread got another number of parts.")
    post.parts.all().delete()
    _write_parts(post, content)
    return []


def _reschedule(post: Post, actions: list[Action], actor: Principal, *, moved: bool) -> None:
    if not actions:
        _schedule(post, actor)
        return
    for number, action in enumerate(actions):
        if number == 0 and moved and action.status != ActionStatus.SCHEDULED:
            Action.objects.filter(pk=action.pk).update(not_after=post.not_after)
            action.not_after = post.not_after
            retry_action(action, actor=actor, due_at=post.scheduled_time)
            continue
        values: dict[str, Any] = {"revision": action.revision + 1}
        if number == 0:
            values["not_after"] = post.not_after
            if moved:
                values |= {
                    "scheduled_time": post.scheduled_time,
                    "due_at": post.scheduled_time,
                    "next_attempt_at": None,
                }
        Action.objects.filter(pk=action.pk, revision=action.revision).update(**values)
        record_event(
            EventName.ACTION_EDITED,
            actor=actor,
            object_type="action",
            object_id=action.pk,
            account_slot=post.account.slot,
            due_at=post.scheduled_time.isoformat() if post.scheduled_time else None,
        )


def cancel_post(*, post_id: int, actor: Principal, revision: int | None = None) -> Post:
    """Stop a post, or the unsent rest of a thread. What is on X stays there."""
    with transaction.atomic():
        post, actions = _held(post_id, revision)
        _refuse_unless_stoppable(post, actions)
        for action in actions:
            if action.status != ActionStatus.DONE:
                cancel_action(action, actor=actor, reason="cancelled")
        Post.objects.filter(pk=post.pk).update(
            status=PostStatus.CANCELLED, dedupe_key=None, revision=post.revision + 1
        )
        _mark_shown(actions)
    post.refresh_from_db()
    return post


def _refuse_unless_stoppable(post: Post, actions: list[Action]) -> None:
    statuses = {action.status for action in actions}
    if post.status == PostStatus.PUBLISHED:
        raise ConflictError("wrong_state", "It is on X. Deleting it there is an action of its own.")
    if ActionStatus.RUNNING in statuses:
        raise ConflictError("wrong_state", "It is leaving at this moment. Look again in a minute.")
    if ActionStatus.UNKNOWN in statuses:
        raise ConflictError(
            "wrong_state", "Nobody knows yet whether it went out. Resolve that first."
        )
    if post.status == PostStatus.CANCELLED:
        raise ConflictError("wrong_state", "It is cancelled already.")


def _mark_shown(actions: list[Action]) -> None:
    Action.objects.filter(pk__in=[action.pk for action in actions]).update(projected=True)


def retry_post(*, post_id: int, actor: Principal) -> Post:
    """Send a failed or missed post, or the rest of a thread from its first unsent part, now."""
    with transaction.atomic():
        post, actions = _held(post_id, None)
        unsent = [action for action in actions if action.status != ActionStatus.DONE]
        if not unsent:
            raise ConflictError("wrong_state", "There is nothing left to send.")
        retry_action(unsent[0], actor=actor)
        if post.dedupe and post.dedupe_key is None:
            post.dedupe_key = key_of(post.account_id, content_of(post))
            _save_unless_duplicate(post)
        project([unsent[0]])
    post.refresh_from_db()
    return post


def publish_now(*, post_id: int, actor: Principal) -> Post:
    """Let a draft or scheduled post leave at once."""
    post = Post.objects.select_related("account").get(pk=post_id)
    refuse_if_paused(post.account, POST, actor)
    if post.status not in (PostStatus.DRAFT, PostStatus.SCHEDULED):
        raise ConflictError(
            "wrong_state",
            f"It is {post.get_status_display().lower()}; only drafts and scheduled posts can be "
            "published now.",
        )
    return edit_post(
        post_id=post_id, changes={"scheduled_time": clock.now()}, actor=actor, schedule=True
    )


def resolve_post(
    *, post_id: int, resolution: str, actor: Principal, x_id: str = "", note: str = ""
) -> Post:
    """Answer for the part whose outcome is unknown; only one can be at a time."""
    with transaction.atomic():
        post, actions = _held(post_id, None)
        unknown = [action for action in actions if action.status == ActionStatus.UNKNOWN]
        if not unknown:
            raise ConflictError("wrong_state", "None of its parts has an unknown outcome.")
        resolve_action(unknown[0], resolution=resolution, actor=actor, x_id=x_id, note=note)
    post.refresh_from_db()
    return post


def trouble_of(actions: list[Action], now: datetime) -> Action | None:
    """The action that people must know of: it failed, waits or is unknown; None if all is well."""
    for action in actions:
        if action.status not in (ActionStatus.DONE, ActionStatus.CANCELLED) and (
            action.error_code or (action.next_attempt_at and action.next_attempt_at > now)
        ):
            return action
    return None
