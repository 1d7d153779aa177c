"""The log of calls to X: a callback for the client, which knows nothing of this table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError

from accounts.x.types import CallRecord
from policy.models import XCall

logger = logging.getLogger(__name__)
KEEP_DAYS = 30


def call_logger(account_id: int | None) -> Callable[[CallRecord], None]:
    """What `XClient` calls after each HTTP call for this account."""

    def write(call: CallRecord) -> None:
        limit = call.rate_limit
        try:
            XCall.objects.create(
                account_id=account_id,
                operation=call.operation,
                method=call.method,
                path=call.path_template[:120],
                status=call.status,
                error_code=call.error_code or "",
                started_at=call.started_at,
                duration_ms=call.duration_ms,
                cost_usd=call.cost_usd,
                limit_remaining=limit.remaining if limit else None,
                limit_reset_at=limit.reset_at if limit else None,
                request_id=(call.request_id or "")[:100],
            )
        except DatabaseError:
            # The log serves people; the effect it tells of must not depend on it.
            logger.exception("The call log could not be written for account %s", account_id)

    return write


class CallBuffer:
    """Keeps the calls of an effect until its outcome is on record: nothing may come before that."""

    def __init__(self, account_id: int) -> None:
        self._write = call_logger(account_id)
        self._calls: list[CallRecord] = []

    def __call__(self, call: CallRecord) -> None:
        self._calls.append(call)

    def flush(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            self._write(call)


def forget_old_calls(now: datetime) -> int:
    """Delete calls older than KEEP_DAYS, a batch at a time; says how many."""
    old = XCall.objects.filter(started_at__lt=now - timedelta(days=KEEP_DAYS)).order_by("id")
    ids = list(old.values_list("id", flat=True)[:1000])
    return XCall.objects.filter(id__in=ids).delete()[0] if ids else 0
