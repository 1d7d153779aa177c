"""The kill switch: pausing, and letting the held work go on without a burst."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.errors import InvalidError
from accounts.principals import Principal
from execution import clock
from execution.engine.transitions import project
from execution.models import Action
from execution.services.actions import cancel_action
from execution.states import ActionStatus
from policy.models import PauseScope, PauseSwitch
from policy.pauses import switch_off, switch_on

BACKLOG_CHOICES = ("release", "spread", "drop")
SPREAD_STEP = timedelta(minutes=5)


def pause(*, scope: str, value: str, reason: str, actor: Principal) -> dict[str, Any]:
    """Stop everything in scope and say what was under way at that moment.

    When this returns (outside a transaction), nothing in scope starts any more.
    """
    with transaction.atomic():
        switch = switch_on(scope=scope, value=value, reason=reason, actor=actor)
        running = _in_scope(switch, Action.objects.filter(status=ActionStatus.RUNNING))
        in_flight = [
            {
                "id": str(action.pk),
                "action_type": action.action_type,
                "account_slot": action.account.slot,
            }
            for action in running.select_related("account")
        ]
    return {"paused": True, "since": switch.since, "in_flight": in_flight}


def resume(*, scope: str, value: str, backlog: str, actor: Principal) -> dict[str, Any]:
    """Lift a pause. What fell due meanwhile is released now, spread out, or dropped."""
    if backlog not in BACKLOG_CHOICES:
        raise InvalidError.of(
            "backlog", "invalid_choice", f"backlog is one of {', '.join(BACKLOG_CHOICES)}."
        )
    with transaction.atomic():
        switch = switch_off(scope=scope, value=value, actor=actor)
        now = clock.now()
        held = list(
            held_back(switch, now)
            .select_for_update(of=("self",))
            .select_related("account")
            .order_by("account_id", "due_at", "id")
        )
        steps: dict[int, int] = {}
        for action in held:
            if backlog == "drop":
                cancel_action(action, actor=actor, reason="Dropped when a pause was lifted.")
                project([action])
                continue
            step = steps.get(action.account_id, 0)
            steps[action.account_id] = step + 1
            action.due_at = now + (SPREAD_STEP * step if backlog == "spread" else timedelta(0))
            action.next_attempt_at = None
            action.revision += 1
        if backlog != "drop":
            Action.objects.bulk_update(held, ["due_at", "next_attempt_at", "revision"], 200)
    return {"paused": False, "backlog": backlog, "held": len(held)}


def held_back(switch: PauseSwitch, now: datetime) -> QuerySet[Action]:
    """What fell due while this pause lasted."""
    due = Action.objects.filter(status=ActionStatus.SCHEDULED, due_at__lte=now)
    return _in_scope(switch, due)


def _in_scope(switch: PauseSwitch, actions: QuerySet[Action]) -> QuerySet[Action]:
    if switch.scope == PauseScope.ACCOUNT:
        return actions.filter(account__slot=int(switch.value))
    if switch.scope == PauseScope.AGENT:
        return actions.filter(agent_key=switch.value)
    if switch.scope == PauseScope.ACTION_TYPE:
        return actions.filter(action_type=switch.value)
    return actions
