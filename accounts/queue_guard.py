"""What `accounts` may ask about an account's queue without knowing who keeps it.

The app that keeps the queue registers itself when Django starts (`AppConfig.ready`), so that
the arrow between the apps keeps pointing one way.
"""

from __future__ import annotations

from typing import Protocol

from accounts.models import Account
from accounts.principals import Principal


class Queue(Protocol):
    """Both functions are called inside a transaction that holds the account's row locked."""

    def queued_count(self, account: Account) -> int:
        """How much is scheduled, running or of unknown outcome for this account."""
        ...

    def cancel_queue(self, account: Account, actor: Principal) -> None:
        """Cancel what has not started. What is running or unknown stays, and is still counted."""
        ...


_queues: list[Queue] = []


def register(queue: Queue) -> None:
    """Have `queue` asked from now on; registering the same one again changes nothing."""
    if queue not in _queues:
        _queues.append(queue)


def unregister(queue: Queue) -> None:
    """Take a queue off the list, for a process (or a test) that shuts it down."""
    _queues.remove(queue)


def queued_count(account: Account) -> int:
    """How much waits in all registered queues for this account."""
    return sum(queue.queued_count(account) for queue in _queues)


def cancel_queue(account: Account, actor: Principal) -> None:
    """Cancel what has not started in all registered queues."""
    for queue in _queues:
        queue.cancel_queue(account, actor)
