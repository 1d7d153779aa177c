"""What the start page of the admin answers, in a handful of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.models import Account, Agent
from accounts.states import AccountStatus
from execution.models import Action, WorkerHeartbeat
from execution.states import ActionStatus
from policy.models import PauseScope, PauseSwitch
from publishing.models import Post
from publishing.states import PostStatus
from xmanager.readiness import FRESH_SECONDS

NEEDS_YOU = {
    PostStatus.FAILED: "failed",
    PostStatus.UNKNOWN: "with unknown outcome",
    PostStatus.MISSED: "missed",
}


@dataclass(frozen=True)
class Pause:
    """A switch that is on, in words; `value` as the services take it."""

    switch: PauseSwitch
    what: str
    value: str

    @property
    def target(self) -> str:
        return f"{self.switch.scope}:{self.value}"


def pauses_now() -> list[Pause]:
    """The pauses that are on, the oldest first. One query while nothing is paused."""
    switches = list(PauseSwitch.objects.order_by("since"))
    slots = [int(s.value) for s in switches if s.scope == PauseScope.ACCOUNT]
    agents = [s.value for s in switches if s.scope == PauseScope.AGENT]
    handles = (
        dict(Account.objects.filter(slot__in=slots).values_list("slot", "username"))
        if (slots)
        else {}
    )
    keys = [key.partition(":")[2] for key in agents]
    names = dict(Agent.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    return [_pause(switch, handles, names) for switch in switches]


def _pause(switch: PauseSwitch, handles: dict[int, str], names: dict[int, str]) -> Pause:
    if switch.scope == PauseScope.ALL:
        return Pause(switch, "Everything", "")
    if switch.scope == PauseScope.ACCOUNT:
        handle = handles.get(int(switch.value), "")
        what = f"@{handle} (slot {switch.value})" if handle else f"Slot {switch.value}"
        return Pause(switch, what, switch.value)
    if switch.scope == PauseScope.AGENT:
        name = names.get(int(switch.value.partition(":")[2]), switch.value)
        return Pause(switch, f"Agent {name}", name)
    return Pause(switch, f"Everything of type {switch.value}", switch.value)


@dataclass(frozen=True)
class Worker:
    """Whether somebody is there to send."""

    alive: bool
    seen_at: datetime | None


def _worker(now: datetime) -> Worker:
    row = WorkerHeartbeat.objects.order_by("-seen_at").first()
    if row is None:
        return Worker(False, None)
    return Worker((now - row.seen_at).total_seconds() <= FRESH_SECONDS, row.seen_at)


def next_due(count: int = 5) -> list[Action]:
    """What leaves next, whichever account it belongs to."""
    return list(
        Action.objects.filter(status=ActionStatus.SCHEDULED, due_at__isnull=False)
        .order_by("due_at", "id")
        .select_related("account", "post_part__post")[:count]
    )


def overview() -> dict[str, Any]:
    """The template context of the start page."""
    now = timezone.now()
    found = dict(
        Post.objects.filter(status__in=NEEDS_YOU)
        .order_by()
        .values_list("status")
        .annotate(n=Count("pk"))
    )
    needs = [
        {"status": status.value, "count": found[status], "words": words}
        for status, words in NEEDS_YOU.items()
        if found.get(status)
    ]
    return {
        "worker": _worker(now),
        "next_due": next_due(),
        "needs": needs,
        "broken_accounts": list(
            Account.objects.exclude(status=AccountStatus.CONNECTED).order_by("slot")[:20]
        ),
        "account_count": Account.objects.count(),
        "post_count": Post.objects.exists(),
        "now": now,
    }
