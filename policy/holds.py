"""What may not start now: pauses and cool-downs, read together and asked many times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from policy.models import Cooldown, PauseScope, PauseSwitch

EVERY_OPERATION = "*"


@dataclass(frozen=True)
class Pauses:
    """The switches that are on."""

    everything: bool = False
    slots: frozenset[int] = frozenset()
    agents: frozenset[str] = frozenset()
    action_types: frozenset[str] = frozenset()

    def hold(self, *, slot: int, action_type: str, agent_key: str) -> bool:
        return (
            self.everything
            or slot in self.slots
            or action_type in self.action_types
            or agent_key in self.agents
        )


def current_pauses() -> Pauses:
    """One small query; the caller decides whether it runs under the gate."""
    found: dict[str, set[str]] = defaultdict(set)
    for scope, value in PauseSwitch.objects.values_list("scope", "value"):
        found[scope].add(value)
    return Pauses(
        everything=PauseScope.ALL in found,
        slots=frozenset(int(value) for value in found[PauseScope.ACCOUNT]),
        agents=frozenset(found[PauseScope.AGENT]),
        action_types=frozenset(found[PauseScope.ACTION_TYPE]),
    )


@dataclass(frozen=True)
class Cooldowns:
    """Operations that must rest, by account id."""

    until: dict[int, dict[str, datetime]] = field(default_factory=dict)

    def operations(self, account_id: int) -> dict[str, datetime]:
        return self.until.get(account_id, {})


def active_cooldowns(now: datetime, account_id: int | None = None) -> Cooldowns:
    """The cool-downs that still last, of one account or of all."""
    rows = Cooldown.objects.filter(until__gt=now)
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    for account, operation, until in rows.values_list("account_id", "operation", "until"):
        found[account][operation] = until
    return Cooldowns(dict(found))
