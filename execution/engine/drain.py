"""Drain: many lanes side by side, for waiting on X is what takes the time."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connection, transaction

from accounts.errors import ConflictError, UndecryptableError
from accounts.models import Account
from accounts.principals import SYSTEM
from accounts.services.credentials import AccountClient, client_for, refresh_if_needed
from accounts.services.x_accounts import mark_reconnect_needed
from accounts.x.errors import XError
from execution import clock
from execution.engine.claim import claim_next
from execution.engine.identity import worker_name
from execution.engine.outcome import Verdict
from execution.engine.record import record
from execution.engine.send import begin, call
from execution.querysets import due_lanes
from policy.call_log import CallBuffer
from policy.cooldowns import cool_down
from policy.holds import EVERY_OPERATION, active_cooldowns, current_pauses

logger = logging.getLogger(__name__)
SLICE_SECONDS = 8.0  # then the place in the queue is given back, so that others get their turn


class _Lanes:
    """Hands out due lanes to the threads of one drain, each to one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[int] = []
        self._taken: set[int] = set()

    def take(self) -> int | None:
        with self._lock:
            if not self._waiting:
                now = clock.now()
                lanes = due_lanes(now, current_pauses(), active_cooldowns(now))
                self._waiting = [lane for lane in reversed(lanes) if lane not in self._taken]
            if not self._waiting:
                return None
            lane = self._waiting.pop()
            self._taken.add(lane)
            return lane

    def give_back(self, lane: int) -> None:
        with self._lock:
            self._taken.discard(lane)


def drain() -> int:
    """Send what is due until nothing is, or the slice is over; how many effects were tried."""
    until = time.monotonic() + SLICE_SECONDS
    lanes = _Lanes()
    now = clock.now()
    width = min(
        settings.XM_LANES_PER_WORKER,
        len(due_lanes(now, current_pauses(), active_cooldowns(now))),
    )
    if width == 0:
        return 0
    if width == 1:
        return _work(lanes, until)
    with ThreadPoolExecutor(width, thread_name_prefix="lane") as pool:
        return sum(pool.map(lambda _: _work_in_thread(lanes, until), range(width)))


def _work_in_thread(lanes: _Lanes, until: float) -> int:
    try:
        return _work(lanes, until)
    finally:
        connection.close()


def _work(lanes: _Lanes, until: float) -> int:
    tried = 0
    while time.monotonic() < until:
        lane = lanes.take()
        if lane is None:
            break
        try:
            tried += run_lane(lane, until)
        except Exception:
            logger.exception("The lane of account %s broke off", lane)
        finally:
            lanes.give_back(lane)
    return tried


def run_lane(account_id: int, until: float) -> int:
    """Send the account's due actions one after another."""
    tried = 0
    calls = CallBuffer(account_id)
    client = _ready_client(account_id, calls)
    if client is None:
        calls.flush()
        return 0
    while time.monotonic() < until:
        claim = claim_next(account_id, worker=worker_name())
        if claim is None:
            break
        tried += 1
        if not begin(claim):
            break
        outcome = call(claim, client)
        record(claim, outcome)
        calls.flush()
        if outcome.verdict is Verdict.UNAUTHORIZED:
            break  # the token was renewed or given up: start over with what is stored now
    calls.flush()
    return tried


def _ready_client(account_id: int, calls: CallBuffer) -> AccountClient | None:
    """The account's client with a token that is good for a while; None if it can't be had now.

    Made ahead of the claim, which must stay short and may not wait for X.
    """
    account = Account.objects.select_related("app").get(pk=account_id)
    try:
        refresh_if_needed(account, on_call=calls)
        return client_for(account, on_call=calls)
    except ConflictError:
        pass  # disconnected at this moment: its work waits
    except UndecryptableError as error:
        mark_reconnect_needed(account, reason=str(error), actor=SYSTEM)
    except XError as error:
        with transaction.atomic():
            cool_down(
                account_id=account_id,
                operation=EVERY_OPERATION,
                now=clock.now(),
                reason=f"The token could not be renewed: {error.detail}",
            )
    return None
