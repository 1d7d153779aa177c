"""Record: write down what came of a call, as little as possible, as surely as possible."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from accounts.events import EventName
from accounts.principals import SYSTEM
from execution import clock
from execution.engine.aftermath import after_record
from execution.engine.claim import Claim
from execution.engine.crash import point
from execution.engine.outcome import Outcome, Verdict
from execution.engine.transitions import move
from execution.models import Action, Attempt, Lane
from execution.states import ActionStatus, AttemptState
from policy.cooldowns import cool_down
from policy.holds import EVERY_OPERATION

logger = logging.getLogger(__name__)
OUT_OF_CREDITS_REST = timedelta(hours=1)
LAST_RESORT_TRIES = 20

ATTEMPT_STATES = {
    Verdict.ACCEPTED: AttemptState.ACCEPTED,
    Verdict.NOT_SENT: AttemptState.NOT_SENT,
    Verdict.UNKNOWN: AttemptState.UNKNOWN,
}

NEXT_STEPS = {
    Verdict.DUPLICATE: "X says this text was posted already. Looking whether it was ours.",
    Verdict.UNKNOWN: "It may have gone out. Looking for it on X before anything else.",
}


def record(claim: Claim, outcome: Outcome) -> None:
    """Settle the attempt and the action; then everything that may fail without harm."""
    try:
        current = _record_once(claim, outcome)
    except DatabaseError:
        logger.exception("Action %s: the outcome could not be written", claim.action.pk)
        _keep_the_id(claim, outcome)
        return
    if current:
        after_record(claim, outcome)


def _record_once(claim: Claim, outcome: Outcome) -> bool:
    action = claim.action
    with transaction.atomic():
        now = clock.now()
        status, event, changes = _consequences(action, outcome, now)
        current = move(
            action,
            status,
            event=event,
            actor=SYSTEM,
            reason=outcome.detail[:300],
            lease_until=None,
            **changes,
        )
        Attempt.objects.filter(pk=claim.attempt.pk).update(
            state=ATTEMPT_STATES.get(outcome.verdict, AttemptState.REJECTED),
            finished_at=now,
            http_status=outcome.http_status,
            code=outcome.code,
            detail=outcome.detail[:1000],
            raw=outcome.raw,
            x_id=outcome.x_id,
        )
        if not current and outcome.verdict is Verdict.ACCEPTED:
            _send_to_reconcile(action.pk, now)
        Lane.objects.filter(pk=action.account_id, token=claim.lane_token).update(
            lease_until=None, token=None
        )
        point("record.before_commit")
    point("record.after_commit")
    return current


def _consequences(
    action: Action, outcome: Outcome, now: datetime
) -> tuple[ActionStatus, EventName, dict[str, Any]]:
    error = {"error_code": outcome.code, "error_detail": outcome.detail[:1000]}
    verdict = outcome.verdict
    if verdict is Verdict.ACCEPTED:
        done = {"x_id": outcome.x_id, "error_code": "", "error_detail": "", "finished_at": now}
        return ActionStatus.DONE, EventName.ACTION_DONE, done
    if verdict is Verdict.NOT_SENT:
        until = _rest(action, "X could not be reached.", now)
        return (
            ActionStatus.SCHEDULED,
            EventName.ACTION_DEFERRED,
            {**error, "next_attempt_at": until, "retryable": True},
        )
    if verdict in (Verdict.RATE_LIMITED, Verdict.OUT_OF_CREDITS):
        reset = outcome.retry_at
        if verdict is Verdict.OUT_OF_CREDITS:
            reset = max(reset or now, now + OUT_OF_CREDITS_REST)
        until = _rest(action, outcome.detail, now, reset)
        return (
            ActionStatus.SCHEDULED,
            EventName.ACTION_DEFERRED,
            {
                **error,
                "next_attempt_at": until,
                "due_at": max(action.due_at or now, until),
                "attempts_used": action.attempts_used - 1,
                "retryable": True,
            },
        )
    if verdict is Verdict.UNAUTHORIZED:
        # `after_record` refreshes the token; until then the account must not try again.
        return (
            ActionStatus.SCHEDULED,
            EventName.ACTION_DEFERRED,
            {
                **error,
                "next_attempt_at": now + timedelta(seconds=settings.XM_CALL_DEADLINE_SECONDS),
                "retryable": True,
            },
        )
    if verdict in (Verdict.UNKNOWN, Verdict.DUPLICATE):
        wait = timedelta(seconds=settings.XM_RECONCILE_DELAYS[0])
        return (
            ActionStatus.UNKNOWN,
            EventName.ACTION_UNKNOWN,
            {
                "error_code": outcome.code,
                "error_detail": f"{outcome.detail} {NEXT_STEPS[verdict]}"[:1000],
                "reconcile_at": now if verdict is Verdict.DUPLICATE else now + wait,
                "reconcile_reads": 0,
                "needs_person": False,
            },
        )
    return (
        ActionStatus.FAILED,
        EventName.ACTION_FAILED,
        {**error, "retryable": True, "finished_at": now},
    )


def _rest(action: Action, reason: str, now: datetime, until: datetime | None = None) -> datetime:
    return cool_down(
        account_id=action.account_id,
        operation=(
            EVERY_OPERATION if reason.startswith("X could not be reached") else "create_post"
        ),
        now=now,
        reason=reason,
        until=until,
    )


def _send_to_reconcile(action_id: int, now: datetime) -> None:
    """A worker that was taken for lost comes back with X's yes: the action must be looked at."""
    action = Action.objects.select_related("account").get(pk=action_id)
    if action.status == ActionStatus.UNKNOWN:
        Action.objects.filter(pk=action_id, status=ActionStatus.UNKNOWN).update(
            reconcile_at=now, needs_person=False
        )
    elif action.status in (ActionStatus.SCHEDULED, ActionStatus.FAILED, ActionStatus.MISSED):
        move(
            action,
            ActionStatus.UNKNOWN,
            event=EventName.ACTION_UNKNOWN,
            actor=SYSTEM,
            reason="A worker that was taken for lost says that X accepted it.",
            reconcile_at=now,
            needs_person=False,
        )


def _keep_the_id(claim: Claim, outcome: Outcome) -> None:
    """The database refused the record: try to save at least what only we know, X's id."""
    for _ in range(LAST_RESORT_TRIES if outcome.verdict is Verdict.ACCEPTED else 0):
        try:
            Attempt.objects.filter(pk=claim.attempt.pk).update(
                state=AttemptState.ACCEPTED, x_id=outcome.x_id, finished_at=clock.now()
            )
        except DatabaseError:
            time.sleep(1)
        else:
            return
    if outcome.x_id:
        logger.critical("Action %s went out as X post %s", claim.action.pk, outcome.x_id)
