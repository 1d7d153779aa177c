"""Reconcile: find out on X whether an effect of unknown outcome happened."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.errors import ConflictError, UndecryptableError
from accounts.events import EventName, record_event
from accounts.principals import SYSTEM
from accounts.services.credentials import client_for, refresh_if_needed
from accounts.x.errors import NotFound, RateLimited, XError
from accounts.x.reader import XReader
from accounts.x.text import same_text
from accounts.x.types import Post
from execution import clock
from execution.engine.aftermath import advance_chain
from execution.engine.crash import point
from execution.engine.transitions import move, project
from execution.models import Action, Attempt
from execution.states import ActionStatus, AttemptState
from policy.call_log import call_logger

logger = logging.getLogger(__name__)
CLOCK_SLACK = timedelta(seconds=60)  # X's clock and ours may differ
LOOK_AGAIN_AFTER_TROUBLE = timedelta(seconds=30)
MAX_PAGES = 5


def waiting(now: datetime) -> list[int]:
    """Ids of actions of unknown outcome that it is time to look for."""
    return list(
        Action.objects.filter(
            status=ActionStatus.UNKNOWN, needs_person=False, reconcile_at__lte=now
        )
        .order_by("reconcile_at")
        .values_list("pk", flat=True)[:200]
    )


def reconcile(action_id: int) -> None:
    """One look for one action. Two at once: one looks, the other returns."""
    now = clock.now()
    action = Action.objects.select_related("account__app").get(pk=action_id)
    held = Action.objects.filter(
        pk=action_id,
        status=ActionStatus.UNKNOWN,
        fence=action.fence,
        reconcile_at=action.reconcile_at,
        reconcile_at__lte=now,
        needs_person=False,
    ).update(reconcile_at=now + timedelta(seconds=settings.XM_LEASE_SECONDS))
    if not held:
        return
    attempts = list(action.attempts.filter(fence__gt=action.evidence.get("not_sent_up_to", 0)))
    known = next((a.x_id for a in attempts if a.state == AttemptState.ACCEPTED and a.x_id), "")
    if known:
        _adopt(action, known, {"found": "X's own answer, kept with the attempt"})
        return
    try:
        refresh_if_needed(action.account)
        reader: XReader = client_for(action.account, on_call=call_logger(action.account_id))
        claimed = action.evidence.get("claimed_x_id")
        if claimed:
            _check_claimed(action, reader, claimed, attempts)
        else:
            _look(action, reader, attempts)
    except (ConflictError, UndecryptableError) as error:
        _look_later(action, f"The account can't be read: {error}", None)
    except XError as error:
        reset = error.reset_at if isinstance(error, RateLimited) else None
        _look_later(action, f"X could not be read: {error.detail}", reset)


def _sent(attempts: Iterable[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.sent_at]


def _look(action: Action, reader: XReader, attempts: list[Attempt]) -> None:
    sent = _sent(attempts)
    if not sent:
        _ask_a_person(action, [], "Nothing tells when it was sent.")
        return
    since = min(a.sent_at for a in sent if a.sent_at) - CLOCK_SLACK
    posts = _own_posts(reader, since)
    taken = set(
        Action.objects.filter(account_id=action.account_id, x_id__in=[p.id for p in posts])
        .exclude(pk=action.pk)
        .values_list("x_id", flat=True)
    )
    matches = [post for post in posts if post.id not in taken and _is_it(post, sent[-1].request)]
    evidence = {
        "looked_at": clock.now().isoformat(),
        "since": since.isoformat(),
        "posts_seen": len(posts),
        "matches": [{"id": post.id, "text": post.full_text} for post in matches],
    }
    rivals = _rivals(action, sent[-1].request) if matches else []
    if len(matches) == 1 and not rivals:
        _adopt(action, matches[0].id, evidence)
    elif matches:
        _ask_a_person(
            action,
            evidence,
            "Several posts or attempts with the same words are in question; only a person can "
            "tell which is which.",
        )
    else:
        _not_seen(action, evidence, attempts)


def _own_posts(reader: XReader, since: datetime) -> list[Post]:
    found: list[Post] = []
    token = None
    for _ in range(MAX_PAGES):
        page = reader.own_posts(start_time=since, max_results=100, pagination_token=token)
        found += page.items
        token = page.next_token
        if not token:
            break
    return found


def _is_it(post: Post, request: dict[str, Any]) -> bool:
    """The same words, answering the same post, with as many media."""
    if post.reposted_id or not same_text(request.get("text", ""), post):
        return False
    parent = (request.get("reply") or {}).get("in_reply_to_tweet_id")
    if (post.replied_to_id or None) != (parent or None):
        return False
    media = len((request.get("media") or {}).get("media_ids", []))
    return not post.media_keys or len(post.media_keys) == media


def _rivals(action: Action, request: dict[str, Any]) -> list[int]:
    """Other actions of unknown outcome whose request is the same: one post can't be both."""
    others = Action.objects.filter(
        account_id=action.account_id, status=ActionStatus.UNKNOWN
    ).exclude(pk=action.pk)
    latest = Attempt.objects.filter(action__in=others, sent_at__isnull=False)
    same = {
        attempt.action_id
        for attempt in latest
        if attempt.request.get("text") == request.get("text")
        and attempt.request.get("reply") == request.get("reply")
    }
    return sorted(same)


def _not_seen(action: Action, evidence: dict[str, Any], attempts: list[Attempt]) -> None:
    reads = action.reconcile_reads + 1
    delays = settings.XM_RECONCILE_DELAYS
    if reads < len(delays):
        Action.objects.filter(pk=action.pk, status=ActionStatus.UNKNOWN, fence=action.fence).update(
            reconcile_reads=reads,
            reconcile_at=clock.now() + timedelta(seconds=delays[reads]),
            evidence={**action.evidence, **evidence},
        )
    elif action.error_code == "duplicate_content" and not _any_unknown(attempts):
        _refused_as_duplicate(action, evidence)
    else:
        _ask_a_person(
            action,
            evidence,
            f"It was not among this account's posts in {reads} looks. If you find it on X, link "
            "it; if not, send it again or drop it.",
        )


def _any_unknown(attempts: list[Attempt]) -> bool:
    return any(attempt.state == AttemptState.UNKNOWN for attempt in attempts)


def _refused_as_duplicate(action: Action, evidence: dict[str, Any]) -> None:
    with transaction.atomic():
        moved = move(
            action,
            ActionStatus.FAILED,
            event=EventName.ACTION_FAILED,
            actor=SYSTEM,
            reason="X refused it as a duplicate of a post that this console did not send.",
            evidence={**action.evidence, **evidence},
            error_code="duplicate_content",
            error_detail="X says this account has posted this text already (not from here). "
            "Change the text, then retry.",
            retryable=True,
            finished_at=clock.now(),
        )
        if moved:
            project([action])


def _adopt(action: Action, x_id: str, evidence: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            moved = move(
                action,
                ActionStatus.DONE,
                event=EventName.ACTION_DONE,
                actor=SYSTEM,
                reason="Found on X.",
                x_id=x_id,
                evidence={**action.evidence, **evidence, "adopted": True},
                error_code="",
                error_detail="",
                needs_person=False,
                finished_at=clock.now(),
            )
            point("reconcile.before_commit")
    except IntegrityError:
        _ask_a_person(action, evidence, f"X post {x_id} belongs to another action already.")
        return
    if moved:
        project([action])
        advance_chain(action.pk)


def _check_claimed(action: Action, reader: XReader, x_id: str, attempts: list[Attempt]) -> None:
    """A person says which post it is: accept it only if it is ours and says the same."""
    try:
        post = reader.get_post(x_id)
    except NotFound:
        _ask_a_person(action, {"claimed_x_id": None}, f"There is no post {x_id} on X.")
        return
    sent = _sent(attempts)
    if post.author_id and post.author_id != action.account.x_user_id:
        problem = f"Post {x_id} is not by @{action.account.username}."
    elif sent and not _is_it(post, sent[-1].request):
        problem = f"Post {x_id} has another text or answers another post."
    else:
        _adopt(action, x_id, {"found": "linked by a person", "claimed_x_id": None})
        return
    _ask_a_person(action, {"claimed_x_id": None}, problem)


def _ask_a_person(action: Action, evidence: Any, detail: str) -> None:
    with transaction.atomic():
        asked = Action.objects.filter(
            pk=action.pk, status=ActionStatus.UNKNOWN, fence=action.fence
        ).update(
            needs_person=True,
            error_detail=detail[:1000],
            evidence={**action.evidence, **dict(evidence or {})},
            projected=False,
        )
        if asked:
            record_event(
                EventName.ACTION_NEEDS_PERSON,
                actor=SYSTEM,
                object_type="action",
                object_id=action.pk,
                account_slot=action.account.slot,
                reason=detail,
            )


def _look_later(action: Action, detail: str, at: datetime | None) -> None:
    Action.objects.filter(pk=action.pk, status=ActionStatus.UNKNOWN, fence=action.fence).update(
        reconcile_at=at or clock.now() + LOOK_AGAIN_AFTER_TROUBLE,
        evidence={**action.evidence, "last_trouble": detail[:500]},
    )
