"""Claim: one short transaction that decides whether an effect may leave now, and takes it."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.events import EventName
from accounts.models import Capability
from accounts.principals import SYSTEM
from accounts.states import AccountStatus
from execution import clock
from execution.engine.crash import point
from execution.engine.transitions import move, project
from execution.handlers import (
    EffectRequest,
    RefusedByContentError,
    capability_needed,
    handler_of,
)
from execution.media import ready_ids
from execution.models import Action, Attempt, Lane
from execution.querysets import next_of_account
from execution.states import ActionStatus
from policy.cooldowns import last_rest_ended
from policy.gate import read_epoch
from policy.holds import active_cooldowns, current_pauses

logger = logging.getLogger(__name__)
LATE_ENOUGH_TO_SPREAD = timedelta(minutes=5)
MEDIA_WAIT = timedelta(seconds=2)


@dataclass
class Claim:
    """The right to make one call, for as long as the lease lasts."""

    action: Action
    attempt: Attempt
    request: EffectRequest
    body: dict[str, Any]
    lane_token: uuid.UUID


class _Refused(Exception):
    pass


def claim_next(account_id: int, *, worker: str) -> Claim | None:
    """Claim the account's first eligible action; None if there is none or the lane is taken."""
    while True:
        try:
            return _claim_one(account_id, worker)
        except _Refused:
            continue  # it was missed, refused or put off: look at the one after it
        except IntegrityError:
            return None  # the index that allows one running action per account had the last word


def _claim_one(account_id: int, worker: str) -> Claim | None:
    refused = False
    with transaction.atomic():
        epoch = read_epoch()
        now = clock.now()
        lane = _free_lane(account_id, now)
        if lane is None:
            return None
        point("claim.locked")
        cooldowns = active_cooldowns(now, account_id)
        action = (
            next_of_account(account_id, now, current_pauses(), cooldowns)
            .select_related("account", "depends_on")
            .first()
        )
        if action is None or action.account.status != AccountStatus.CONNECTED:
            return None
        request, body = _checked_request(action, lane, now)
        if request is None:
            refused = True
        else:
            claim = _take(action, lane, request, body, worker, epoch, now)
        point("claim.before_commit")
    if refused:
        raise _Refused
    point("claim.after_commit")
    return claim


def _free_lane(account_id: int, now: datetime) -> Lane | None:
    lane = (
        Lane.objects.select_for_update(skip_locked=connection.features.has_select_for_update)
        .filter(pk=account_id)
        .first()
    )
    if lane is None or (lane.lease_until and lane.lease_until > now):
        return None
    if Action.objects.filter(account_id=account_id, status=ActionStatus.RUNNING).exists():
        return None  # the reaper settles it first
    return lane


def _checked_request(
    action: Action, lane: Lane, now: datetime
) -> tuple[EffectRequest | None, dict[str, Any]]:
    """Every check of the moment of leaving; (None, {}) if the action was refused or put off."""
    if not _in_time(action, now) or not _spread(action, lane, now):
        return None, {}
    try:
        request = handler_of(action.action_type).request(action)
    except RefusedByContentError as refusal:
        _fail(action, refusal.code, refusal.detail, now)
        return None, {}
    except Exception:
        # One broken row must not hold up its account for ever.
        logger.exception("Action %s: its request could not be built", action.pk)
        _fail(action, "internal_error", "It could not be built; see the worker's log.", now)
        return None, {}
    body = dict(request.body)
    if not _capable(action, capability_needed(action, body), now):
        return None, {}
    if request.media:
        ids, problem = ready_ids(action.account_id, request.media, now)
        if problem:
            _fail(action, *problem, now)
            return None, {}
        if ids is None:
            Action.objects.filter(pk=action.pk).update(
                needs_media=True, next_attempt_at=now + MEDIA_WAIT
            )
            return None, {}
        body["media"] = {"media_ids": ids}
    return request, body


def _in_time(action: Action, now: datetime) -> bool:
    assert action.due_at is not None  # noqa: S101 (the query asked for it)
    # Only rests that X asked for are nobody's fault; being unreachable makes work late.
    operations = list(handler_of(action.action_type).operations)
    rested = last_rest_ended(account_id=action.account_id, operations=operations)
    since = max(action.due_at, rested) if rested and rested <= now else action.due_at
    grace = timedelta(minutes=action.account.grace_minutes)
    if action.not_after and now > action.not_after:
        detail = f"It was not to leave after {action.not_after:%Y-%m-%d %H:%M} UTC."
    elif now - since > grace:
        minutes = int((now - since).total_seconds() // 60)
        detail = (
            f"It was {minutes} min late; this account allows {action.account.grace_minutes} min."
        )
    else:
        return True
    moved = move(
        action,
        ActionStatus.MISSED,
        event=EventName.ACTION_MISSED,
        actor=SYSTEM,
        reason=detail,
        error_code="too_late",
        error_detail=f"{detail} Retry it to send it now, or give it a new time.",
        retryable=True,
        finished_at=now,
    )
    if moved:
        project([action])
    return False


def _capable(action: Action, capability: str, now: datetime) -> bool:
    known = Capability.objects.filter(
        account_id=action.account_id, name=capability, allowed=False, retry_at__gt=now
    ).first()
    if known is None:
        return True
    _fail(action, "not_capable", f"X does not allow this account to do it: {known.reason}", now)
    return False


def _spread(action: Action, lane: Lane, now: datetime) -> bool:
    """After an outage the overdue ones leave one by one, not as a burst."""
    assert action.due_at is not None  # noqa: S101
    if now - action.due_at < LATE_ENOUGH_TO_SPREAD:
        return True
    gap = timedelta(seconds=settings.XM_CATCH_UP_SECONDS)
    if lane.last_late_at and now - lane.last_late_at < gap:
        Action.objects.filter(pk=action.pk).update(next_attempt_at=lane.last_late_at + gap)
        return False
    lane.last_late_at = now
    return True


def _fail(action: Action, code: str, detail: str, now: datetime) -> None:
    moved = move(
        action,
        ActionStatus.FAILED,
        event=EventName.ACTION_FAILED,
        actor=SYSTEM,
        reason=detail,
        error_code=code,
        error_detail=detail[:1000],
        retryable=True,
        finished_at=now,
    )
    if moved:
        project([action])


def _take(
    action: Action,
    lane: Lane,
    request: EffectRequest,
    body: dict[str, Any],
    worker: str,
    epoch: int,
    now: datetime,
) -> Claim:
    lease_until = now + timedelta(seconds=settings.XM_LEASE_SECONDS)
    fence = action.fence + 1
    if not move(
        action,
        ActionStatus.RUNNING,
        event=EventName.ACTION_STARTED,
        actor=SYSTEM,
        reason=worker,
        fence=fence,
        lease_until=lease_until,
        attempts_used=action.attempts_used + 1,
        next_attempt_at=None,
    ):
        raise _Refused
    lane.token, lane.lease_until, lane.worker = uuid.uuid4(), lease_until, worker
    lane.save(update_fields=["token", "lease_until", "worker", "last_late_at"])
    attempt = Attempt.objects.create(
        action=action,
        fence=fence,
        worker=worker,
        pause_epoch=epoch,
        operation=request.operation,
        request=body,
        digest=hashlib.sha256(
            json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest(),
        claimed_at=now,
    )
    project([action])
    return Claim(action, attempt, request, body, lane.token)
