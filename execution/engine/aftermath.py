"""What follows an outcome and may fail without harm: sweeps do it again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.services.capabilities import learn_refusal, learn_success
from accounts.services.credentials import refresh_after_401
from execution import clock
from execution.engine.crash import point
from execution.engine.outcome import Outcome, Verdict
from execution.engine.transitions import project
from execution.handlers import capability_needed
from execution.models import Action
from execution.states import ActionStatus
from policy.call_log import call_logger
from policy.cooldowns import cool_down, recovered
from policy.holds import EVERY_OPERATION

if TYPE_CHECKING:
    from execution.engine.claim import Claim

logger = logging.getLogger(__name__)


def after_record(claim: Claim, outcome: Outcome) -> None:
    """Post, chain, token, capability. Nothing here may touch the outcome itself."""
    try:
        project([claim.action])
        if outcome.verdict is Verdict.ACCEPTED:
            advance_chain(claim.action.pk)
            recovered(account_id=claim.action.account_id, operation=claim.request.operation)
            learn_success(claim.action.account, capability_needed(claim.action, claim.body))
        elif outcome.verdict is Verdict.UNAUTHORIZED:
            _renew_token(claim, outcome.generation)
        elif outcome.verdict is Verdict.FORBIDDEN:
            _learn(claim, outcome)
    except Exception:
        logger.exception("Action %s: what follows its outcome failed", claim.action.pk)


def advance_chain(action_id: int) -> int:
    """Let the next part of a thread follow, now that this one is on X."""
    point("chain.before_advance")
    return Action.objects.filter(
        depends_on_id=action_id,
        depends_on__status=ActionStatus.DONE,
        status=ActionStatus.SCHEDULED,
        due_at__isnull=True,
    ).update(due_at=clock.now(), next_attempt_at=None)


def _learn(claim: Claim, outcome: Outcome) -> None:
    """Remember what X does not allow this account at all; refusals of one target teach nothing."""
    name = capability_needed(claim.action, claim.body)
    target = (
        "app permissions"
        if outcome.code == "read_only_app"
        else (claim.body.get("reply") or {}).get("in_reply_to_tweet_id")
        or claim.body.get("quote_tweet_id")
    )
    if target and outcome.code in ("forbidden", "read_only_app"):
        learn_refusal(claim.action.account, name, str(target), outcome.detail)


def _renew_token(claim: Claim, generation: int) -> None:
    """Renew the token once. What X refuses for good marks the account; trouble only waits."""
    account = claim.action.account
    if refresh_after_401(account, generation, on_call=call_logger(account.pk)):
        Action.objects.filter(pk=claim.action.pk, status=ActionStatus.SCHEDULED).update(
            next_attempt_at=None
        )
        return
    # Reconnect needed: its work waits for a person. Still connected: X could not be asked.
    with transaction.atomic():
        cool_down(
            account_id=account.pk,
            operation=EVERY_OPERATION,
            now=clock.now(),
            reason="X refused the token, and it could not be renewed.",
        )
