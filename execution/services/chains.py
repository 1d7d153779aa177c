"""Scheduling many posts and threads at once: the rows of `schedule_action`, in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.events import EventName, new_event
from accounts.models import Account, Event
from accounts.principals import Principal
from execution.models import Action, Lane
from execution.states import ActionStatus


@dataclass(frozen=True)
class Chain:
    """One action per member of `needs_media`, each after the one before it."""

    account: Account
    due_at: datetime
    not_after: datetime | None
    needs_media: tuple[bool, ...]


def schedule_chains(
    chains: Sequence[Chain], *, action_type: str, actor: Principal
) -> list[list[Action]]:
    """Add the chains to their accounts' lanes, in the caller's transaction."""
    Lane.objects.bulk_create(
        [Lane(account_id=pk) for pk in sorted({chain.account.pk for chain in chains})],
        ignore_conflicts=True,
    )
    made: list[list[Action]] = [[] for _ in chains]
    for depth in range(max((len(chain.needs_media) for chain in chains), default=0)):
        reached = [n for n, chain in enumerate(chains) if depth < len(chain.needs_media)]
        actions = Action.objects.bulk_create(
            _action(chains[n], made[n], action_type, actor) for n in reached
        )
        for n, action in zip(reached, actions, strict=True):
            made[n].append(action)
    Event.objects.bulk_create(
        new_event(
            EventName.ACTION_SCHEDULED,
            actor=actor,
            object_type="action",
            object_id=action.pk,
            account_slot=chain.account.slot,
            to=ActionStatus.SCHEDULED,
            due_at=action.due_at.isoformat() if action.due_at else None,
        )
        for chain, actions in zip(chains, made, strict=True)
        for action in actions
    )
    return made


def _action(chain: Chain, before: list[Action], action_type: str, actor: Principal) -> Action:
    return Action(
        account=chain.account,
        action_type=action_type,
        scheduled_time=None if before else chain.due_at,
        due_at=None if before else chain.due_at,
        not_after=None if before else chain.not_after,
        depends_on=before[-1] if before else None,
        needs_media=chain.needs_media[len(before)],
        agent_key=actor.key if actor.kind == "agent" else "",
        created_by=actor.label,
    )
