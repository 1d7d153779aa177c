"""The only place that writes an action's state: compare-and-set, with its event."""

from __future__ import annotations

from typing import Any

from accounts.events import EventName, record_event
from accounts.principals import Principal
from execution.handlers import handler_of
from execution.models import Action
from execution.states import TRANSITIONS, ActionStatus


class IllegalTransitionError(Exception):
    """A bug of ours: the code asked for a move that the map of states does not have."""


def move(
    action: Action,
    to: ActionStatus,
    *,
    event: EventName,
    actor: Principal,
    reason: str = "",
    **changes: Any,
) -> bool:
    """Take the action from the state it was read in to `to`; False if it changed meanwhile.

    Changed means: state, fence (another claim) or revision (somebody edited it).

    Runs in the caller's transaction. The post that shows the action is brought up to date
    by `project` (at once where nothing has left, after the commit where something has).
    """
    origin = ActionStatus(action.status)
    if to not in TRANSITIONS[origin]:
        raise IllegalTransitionError(f"{origin} → {to} (action {action.pk})")
    fence = action.fence
    values = {"status": to, "projected": False, **changes}
    changed = Action.objects.filter(
        pk=action.pk, status=origin, fence=fence, revision=action.revision
    ).update(**values)
    if changed != 1:
        return False
    for name, value in values.items():
        setattr(action, name, value)
    record_event(
        event,
        actor=actor,
        object_type="action",
        object_id=action.pk,
        account_slot=action.account.slot,
        **{"from": origin, "to": to, "reason": reason, "fence": fence},
    )
    return True


def project(actions: list[Action]) -> None:
    """Bring what people see up to date with these actions, then mark them as shown."""
    for action_type in {action.action_type for action in actions}:
        same = [action for action in actions if action.action_type == action_type]
        handler_of(action_type).project(same)
    for action in actions:
        # Only if it is still in the state that was shown; else a later sweep shows the newer one.
        Action.objects.filter(pk=action.pk, status=action.status, fence=action.fence).update(
            projected=True
        )
