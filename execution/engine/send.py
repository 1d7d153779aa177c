"""Send: the last look before the socket, then the one call."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from accounts.events import EventName
from accounts.principals import SYSTEM
from accounts.services.credentials import AccountClient
from execution import clock
from execution.engine.claim import Claim
from execution.engine.crash import point
from execution.engine.outcome import Outcome, Verdict, accepted, classify
from execution.engine.transitions import move, project
from execution.models import Action, Attempt, Lane
from execution.states import ActionStatus, AttemptState
from policy.gate import read_epoch
from policy.holds import current_pauses

logger = logging.getLogger(__name__)


def begin(claim: Claim) -> bool:
    """Mark the attempt as sending, unless a pause or the reaper came first."""
    action, attempt = claim.action, claim.attempt
    with transaction.atomic():
        epoch = read_epoch()
        now = clock.now()
        if epoch != attempt.pause_epoch and current_pauses().hold(
            slot=action.account.slot,
            action_type=action.action_type,
            agent_key=action.agent_key,
        ):
            _give_back(claim, "paused", "A pause came before it was sent.")
            return False
        lease_until = now + timedelta(seconds=settings.XM_LEASE_SECONDS)
        held = Action.objects.filter(
            pk=action.pk, status=ActionStatus.RUNNING, fence=action.fence
        ).update(lease_until=lease_until)
        begun = held and Attempt.objects.filter(
            pk=attempt.pk, state=AttemptState.CLAIMED, pause_epoch=attempt.pause_epoch
        ).update(state=AttemptState.SENDING, sent_at=now, pause_epoch=epoch)
        if not begun:
            return False
        Lane.objects.filter(pk=action.account_id, token=claim.lane_token).update(
            lease_until=lease_until
        )
        point("send.before_commit")
    attempt.state, attempt.sent_at = AttemptState.SENDING, now
    point("send.after_commit")
    return True


def _give_back(claim: Claim, code: str, reason: str) -> None:
    """Undo the claim: it is certain that nothing was sent."""
    now = clock.now()
    moved = move(
        claim.action,
        ActionStatus.SCHEDULED,
        event=EventName.ACTION_DEFERRED,
        actor=SYSTEM,
        reason=reason,
        lease_until=None,
        attempts_used=claim.action.attempts_used - 1,
    )
    if moved:
        Attempt.objects.filter(pk=claim.attempt.pk).update(
            state=AttemptState.NOT_SENT, code=code, detail=reason, finished_at=now
        )
        Lane.objects.filter(pk=claim.action.account_id, token=claim.lane_token).update(
            lease_until=None, token=None
        )
        project([claim.action])


def call(claim: Claim, client: AccountClient) -> Outcome:
    """Make the call and say what came of it. Never raises, never calls twice."""
    try:
        if claim.request.operation != "create_post":
            raise NotImplementedError(claim.request.operation)
        outcome = accepted(client.create_post_body(claim.body).id)
    except Exception as error:
        outcome = classify(error)
        if outcome.verdict is Verdict.UNKNOWN and outcome.code == "internal_error":
            logger.exception("Action %s: our own code failed during the call", claim.action.pk)
    point("call.answered")
    return replace(outcome, generation=client.generation)
