"""Repeating what may be repeated: reads, chunks of an upload, and an unsent token refresh.

Nothing that creates something on X comes through here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from accounts.x.errors import NotSent, Unknown

T = TypeVar("T")

MAX_TRIES = 5
LONGEST_WAIT = 60.0


def repeatable(error: BaseException) -> bool:
    """True for what may pass by itself: 5xx, timeouts, broken or unmade connections."""
    passing = ("timeout", "server_error", "connection_reset")
    return isinstance(error, NotSent) or (isinstance(error, Unknown) and error.code in passing)


def with_retries(
    attempt: Callable[[float], T],
    *,
    cap: float,
    backoff: float,
    when: Callable[[BaseException], bool] = repeatable,
) -> T:
    """Run ``attempt`` up to five times within ``cap`` seconds, waiting ``backoff`` s and doubling.

    ``attempt`` is given the seconds that are left of ``cap``. The last error is raised.
    """
    ends = time.monotonic() + cap
    retrying = Retrying(
        stop=stop_after_attempt(MAX_TRIES) | stop_before_delay(cap),
        wait=wait_exponential_jitter(multiplier=backoff, max=LONGEST_WAIT, jitter=backoff),
        retry=retry_if_exception(when),
        reraise=True,
    )
    return retrying(lambda: attempt(max(ends - time.monotonic(), 0.1)))
