"""The ringer: knows what falls due and wakes the queue. It decides nothing and sends nothing."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_q.brokers import Broker, get_broker
from django_q.tasks import async_task

from accounts.audit import seal
from execution import clock, media
from execution.engine import reconcile as reconciling
from execution.engine.identity import instance_name
from execution.engine.reap import (
    miss_what_cannot_leave,
    reap,
    repair_chains,
    repair_projections,
)
from execution.housekeeping import forget_old_keys
from execution.models import WorkerHeartbeat
from execution.querysets import due_lanes
from policy.call_log import forget_old_calls
from policy.holds import active_cooldowns, current_pauses

logger = logging.getLogger(__name__)
LOOK_EVERY = 0.2
PULSE_EVERY = 10.0
MAX_QUEUED = 4

Chore = Callable[[], object]
_chores: list[tuple[float, Chore]] = []


def add_chore(every_seconds: float, chore: Chore) -> None:
    """Let an app above have something looked after here (called from its AppConfig)."""
    _chores.append((every_seconds, chore))


class Ringer:
    """One per `run_engine`. `step` is called over and over; nothing in it waits for X."""

    def __init__(self) -> None:
        self.started_at = timezone.now()
        self._cluster_since = self.started_at
        self._broker: Broker | None = None
        self._last: dict[int, float] = {}
        self._last_pulse = 0.0
        self._chores: list[tuple[float, Chore]] = [
            (0.5, self._look_around),
            (1.0, self.show_life),
            (1.0, reap),
            (1.0, repair_projections),
            (1.0, repair_chains),
            (1.0, seal),
            (30.0, miss_what_cannot_leave),
            (600.0, forget_old_keys),
            (600.0, lambda: forget_old_calls(clock.now())),
            *_chores,
        ]

    def step(self) -> None:
        """Ring for what is due and do the chores whose time has come."""
        close_old_connections()
        self._guarded(self._ring_due)
        for number, (every, chore) in enumerate(self._chores):
            if time.monotonic() - self._last.get(number, -every) >= every:
                self._last[number] = time.monotonic()
                self._guarded(chore)
        if time.monotonic() - self._last_pulse >= PULSE_EVERY:
            self._last_pulse = time.monotonic()
            self._guarded(lambda: async_task("execution.tasks.pulse"))

    def _guarded(self, chore: Chore) -> None:
        try:
            chore()
        except DatabaseError as error:
            logger.warning("The database did not answer (%s); trying again", error)
        except Exception:
            logger.exception("A chore of the engine failed; trying again")

    def _queue_is_short(self) -> bool:
        self._broker = self._broker or get_broker()
        return int(self._broker.queue_size()) < MAX_QUEUED

    def _ring_due(self) -> None:
        now = clock.now()
        if due_lanes(now, current_pauses(), active_cooldowns(now)) and self._queue_is_short():
            async_task("execution.tasks.drain")

    def _look_around(self) -> None:
        now = clock.now()
        if (reconciling.waiting(now) or media.waiting_accounts(now)) and self._queue_is_short():
            async_task("execution.tasks.look_around")

    def show_life(self) -> None:
        """The heartbeat, in the table for readiness and in the home for `./xm status`."""
        now = timezone.now()
        row, _ = WorkerHeartbeat.objects.update_or_create(
            name=instance_name(),
            defaults={"pid": os.getpid(), "started_at": self.started_at, "seen_at": now},
        )
        life = {
            "pid": os.getpid(),
            "seen_at": now.timestamp(),
            "drained_at": row.drained_at.timestamp() if row.drained_at else None,
        }
        path = Path(settings.XM_HOME) / "run" / "worker.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(life))
        temporary.replace(path)

    def cluster_started(self) -> None:
        """Give a new cluster its time before it is called stuck."""
        self._cluster_since = timezone.now()

    def queue_is_stuck(self, after_seconds: float) -> bool:
        """True if nothing has come through the queue for so long that it must be broken."""
        row = WorkerHeartbeat.objects.filter(name=instance_name()).first()
        if row is None:
            return False
        since = max(row.drained_at or self._cluster_since, self._cluster_since)
        return (timezone.now() - since).total_seconds() > after_seconds
