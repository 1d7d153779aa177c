"""`./xm bench due`: how long after its time a post starts, with nothing else running."""

from __future__ import annotations

import statistics
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from execution.models import Action, Attempt
from tests.engine.conftest import Connect, Schedule
from tests.engine.process import WorkerProcess, wait_until
from tests.sandbox.process import SandboxProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bench]
ACCOUNTS, PER_SECOND, SECONDS = 20, 10, 20


def test_due_to_start(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path
) -> None:
    accounts = [connect(slot) for slot in range(1, ACCOUNTS + 1)]
    with WorkerProcess(homes / "home") as worker:
        wait_until(lambda: len(worker.cluster_pids()) >= 3, what="the worker up")
        start = timezone.now() + timedelta(seconds=8)
        total = PER_SECOND * SECONDS
        for number in range(total):
            at = start + timedelta(seconds=number / PER_SECOND)
            schedule(accounts[number % ACCOUNTS], f"On time {number}", at=at)
        done = Action.objects.filter(status="done")
        wait_until(lambda: done.count() == total, seconds=120, what="all sent")
    lags = sorted(
        (attempt.sent_at - attempt.action.due_at).total_seconds()
        for attempt in Attempt.objects.select_related("action")
        if attempt.sent_at and attempt.action.due_at
    )
    p95 = lags[int(len(lags) * 0.95)]
    print(
        f"\n{total} posts, {PER_SECOND}/s over {ACCOUNTS} accounts: due → sending "
        f"p50 {statistics.median(lags) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
        f"max {lags[-1] * 1000:.0f} ms"
    )
    assert p95 <= 1.0
