"""States of an effect and of each try at it, and the moves that are legal."""

from django.db import models


class ActionStatus(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"
    MISSED = "missed", "Missed"
    CANCELLED = "cancelled", "Cancelled"


TRANSITIONS: dict[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.SCHEDULED: frozenset(
        {
            ActionStatus.RUNNING,
            ActionStatus.FAILED,
            ActionStatus.MISSED,
            ActionStatus.CANCELLED,
            ActionStatus.UNKNOWN,  # a worker taken for lost comes back with X's yes
        }
    ),
    ActionStatus.RUNNING: frozenset(
        {
            ActionStatus.DONE,
            ActionStatus.FAILED,
            ActionStatus.SCHEDULED,
            ActionStatus.UNKNOWN,
        }
    ),
    # DONE by a read-back or a person; SCHEDULED only when it is certain nothing was sent.
    ActionStatus.UNKNOWN: frozenset(
        {
            ActionStatus.DONE,
            ActionStatus.SCHEDULED,
            ActionStatus.FAILED,
            ActionStatus.CANCELLED,
        }
    ),
    ActionStatus.FAILED: frozenset(
        {ActionStatus.SCHEDULED, ActionStatus.CANCELLED, ActionStatus.UNKNOWN}
    ),
    ActionStatus.MISSED: frozenset(
        {ActionStatus.SCHEDULED, ActionStatus.CANCELLED, ActionStatus.UNKNOWN}
    ),
    ActionStatus.CANCELLED: frozenset(),
    ActionStatus.DONE: frozenset(),
}

RETRYABLE = frozenset({ActionStatus.FAILED, ActionStatus.MISSED})
EDITABLE = frozenset({ActionStatus.SCHEDULED, ActionStatus.FAILED, ActionStatus.MISSED})


class AttemptState(models.TextChoices):
    CLAIMED = "claimed", "Claimed"
    SENDING = "sending", "Sending"
    ACCEPTED = "accepted", "Accepted by X"
    REJECTED = "rejected", "Rejected by X"
    NOT_SENT = "not_sent", "Not sent"
    UNKNOWN = "unknown", "Outcome unknown"
