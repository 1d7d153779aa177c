from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.states import AccountStatus
from execution.handlers import types_using
from execution.models import Action, Lane
from execution.states import ActionStatus
from policy.holds import EVERY_OPERATION, Cooldowns, Pauses


def _without_paused(actions: QuerySet[Action], pauses: Pauses) -> QuerySet[Action]:
    if pauses.everything:
        return actions.none()
    if pauses.slots:
        actions = actions.exclude(account__slot__in=pauses.slots)
    if pauses.action_types:
        actions = actions.exclude(action_type__in=pauses.action_types)
    if pauses.agents:
        actions = actions.exclude(agent_key__in=pauses.agents)
    return actions


def due(now: datetime) -> QuerySet[Action]:
    """Scheduled actions whose time has come, whoever may hold them up."""
    return Action.objects.filter(status=ActionStatus.SCHEDULED, due_at__lte=now).filter(
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now)
    )


def next_of_account(
    account_id: int, now: datetime, pauses: Pauses, cooldowns: Cooldowns
) -> QuerySet[Action]:
    """The account's eligible due actions, first one first."""
    actions = _without_paused(due(now).filter(account_id=account_id), pauses)
    resting = set(cooldowns.operations(account_id))
    if EVERY_OPERATION in resting:
        return actions.none()
    if resting:
        actions = actions.exclude(action_type__in=types_using(resting))
    return actions.order_by("due_at", "id")


def due_lanes(now: datetime, pauses: Pauses, cooldowns: Cooldowns) -> list[int]:
    """Accounts with something to send now, whose lane nobody holds."""
    actions = _without_paused(due(now), pauses).filter(account__status=AccountStatus.CONNECTED)
    for account_id, operations in cooldowns.until.items():
        if EVERY_OPERATION in operations:
            actions = actions.exclude(account_id=account_id)
        elif types := types_using(set(operations)):
            actions = actions.exclude(account_id=account_id, action_type__in=types)
    held = Lane.objects.filter(lease_until__gt=now).values("account_id")
    return list(
        actions.exclude(account_id__in=held)
        .order_by("account_id")
        .values_list("account_id", flat=True)
        .distinct()
    )


def next_due() -> Action | None:
    """The action that is due first, now or later."""
    return (
        Action.objects.filter(status=ActionStatus.SCHEDULED, due_at__isnull=False)
        .order_by("due_at", "id")
        .first()
    )
