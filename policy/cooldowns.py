"""Resting an operation of an account: until the moment X named, or longer each time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from policy.holds import EVERY_OPERATION
from policy.models import Cooldown

FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 300.0


def cool_down(
    *, account_id: int, operation: str, now: datetime, reason: str, until: datetime | None = None
) -> datetime:
    """Let the operation rest and say until when.

    Without `until`: exponential backoff with full jitter (0.5–1 of the step, so that two
    in a row never fall together at once), counted by consecutive failures.
    """
    row, _ = Cooldown.objects.select_for_update().get_or_create(
        account_id=account_id, operation=operation, defaults={"until": now, "reason": reason}
    )
    row.failures += 1
    if until is None:
        step = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(row.failures - 1, 12))
        until = now + timedelta(seconds=step * random.uniform(0.5, 1.0))  # noqa: S311 (jitter)
    row.until = max(row.until, until)
    row.reason = reason[:300]
    row.save(update_fields=["until", "reason", "failures"])
    return row.until


def recovered(*, account_id: int, operation: str) -> None:
    """The operation worked: the next failure starts from the shortest wait again."""
    Cooldown.objects.filter(
        account_id=account_id, operation__in=[operation, EVERY_OPERATION], failures__gt=0
    ).update(failures=0)


def last_rest_ended(*, account_id: int, operations: list[str]) -> datetime | None:
    """When the latest cool-down of these operations ended or will end; None if there was none."""
    return (
        Cooldown.objects.filter(account_id=account_id, operation__in=operations)
        .order_by("-until")
        .values_list("until", flat=True)
        .first()
    )
