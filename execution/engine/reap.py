"""Reap: settle what a lost worker left running, and repair what it left half shown."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.events import EventName
from accounts.principals import SYSTEM
from accounts.states import AccountStatus
from execution import clock
from execution.engine.aftermath import advance_chain
from execution.engine.crash import point
from execution.engine.identity import is_lost
from execution.engine.transitions import move, project
from execution.models import Action, Attempt, Lane
from execution.states import ActionStatus, AttemptState

logger = logging.getLogger(__name__)
BATCH = 200


def reap() -> int:
    """Settle every running action whose lease is over or whose process is known to be gone."""
    now = clock.now()
    running = Action.objects.filter(status=ActionStatus.RUNNING)
    reaped = 0
    for action in running.select_related("account__lane"):
        expired = action.lease_until is None or action.lease_until <= now
        if expired or is_lost(action.account.lane.worker):
            reaped += _settle(action.pk)
    return reaped


def _settle(action_id: int) -> int:
    with transaction.atomic():
        now = clock.now()
        action = (
            Action.objects.select_for_update(of=("self",))
            .select_related("account")
            .filter(pk=action_id, status=ActionStatus.RUNNING)
            .first()
        )
        if action is None:
            return 0
        attempt = Attempt.objects.select_for_update().get(action=action, fence=action.fence)
        if attempt.state == AttemptState.CLAIMED:
            _never_sent(action, attempt, now)
        elif attempt.state == AttemptState.ACCEPTED and attempt.x_id:
            _was_accepted(action, attempt, now)
        else:
            _may_have_left(action, attempt, now)
        Lane.objects.filter(pk=action.account_id).update(lease_until=None, token=None)
        project([action])
        point("reap.before_commit")
    return 1


def _never_sent(action: Action, attempt: Attempt, now: datetime) -> None:
    attempt.state, attempt.code, attempt.finished_at = AttemptState.NOT_SENT, "worker_lost", now
    attempt.detail = "The worker was lost before the call; nothing was sent."
    attempt.save(update_fields=["state", "code", "detail", "finished_at"])
    move(
        action,
        ActionStatus.SCHEDULED,
        event=EventName.ACTION_DEFERRED,
        actor=SYSTEM,
        reason=attempt.detail,
        lease_until=None,
        next_attempt_at=None,
    )


def _was_accepted(action: Action, attempt: Attempt, now: datetime) -> None:
    move(
        action,
        ActionStatus.DONE,
        event=EventName.ACTION_DONE,
        actor=SYSTEM,
        reason="X's yes was on record; the worker was lost after it.",
        lease_until=None,
        x_id=attempt.x_id,
        error_code="",
        error_detail="",
        finished_at=now,
    )


def _may_have_left(action: Action, attempt: Attempt, now: datetime) -> None:
    detail = "The worker was lost during the call. Looking for it on X before anything else."
    attempt.state, attempt.code, attempt.finished_at = AttemptState.UNKNOWN, "worker_lost", now
    attempt.detail = detail
    attempt.save(update_fields=["state", "code", "detail", "finished_at"])
    move(
        action,
        ActionStatus.UNKNOWN,
        event=EventName.ACTION_UNKNOWN,
        actor=SYSTEM,
        reason=detail,
        lease_until=None,
        error_code="worker_lost",
        error_detail=detail,
        reconcile_at=now + timedelta(seconds=settings.XM_RECONCILE_DELAYS[0]),
        reconcile_reads=0,
        needs_person=False,
    )


def repair_projections() -> int:
    """Bring posts up to date with actions whose worker was lost before it could."""
    actions = list(Action.objects.filter(projected=False).select_related("account")[:BATCH])
    for action in actions:
        try:
            with transaction.atomic():
                project([action])
        except Exception:
            logger.exception("Action %s could not be shown on its post", action.pk)
    return len(actions)


def repair_chains() -> int:
    """Let parts follow whose predecessor is done but whose worker was lost before telling them."""
    waiting = Action.objects.filter(
        status=ActionStatus.SCHEDULED,
        due_at__isnull=True,
        depends_on__status=ActionStatus.DONE,
    ).values_list("depends_on_id", flat=True)[:BATCH]
    return sum(advance_chain(action_id) for action_id in list(waiting))


def miss_what_cannot_leave() -> int:
    """Mark late work of accounts that can't send now: it must not leave when they come back."""
    now = clock.now()
    late = (
        Action.objects.filter(status=ActionStatus.SCHEDULED, due_at__lt=now)
        .exclude(account__status=AccountStatus.CONNECTED)
        .filter(due_at__lt=now - F("account__grace_minutes") * timedelta(minutes=1))
        .select_related("account")
    )
    missed = 0
    for action in late[:BATCH]:
        with transaction.atomic():
            if move(
                action,
                ActionStatus.MISSED,
                event=EventName.ACTION_MISSED,
                actor=SYSTEM,
                reason="The account was not connected when it was due.",
                error_code="account_not_connected",
                error_detail="The account was not connected when it was due. Connect it, "
                "then retry this, or give it a new time.",
                retryable=True,
                finished_at=now,
            ):
                project([action])
                missed += 1
    return missed
