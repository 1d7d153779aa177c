"""Named points at which a test may end the process as kill -9 would."""

from __future__ import annotations

import os

from django.conf import settings

POINTS = (
    "claim.locked",
    "claim.before_commit",
    "claim.after_commit",
    "send.before_commit",
    "send.after_commit",
    "call.answered",
    "record.before_commit",
    "record.after_commit",
    "chain.before_advance",
    "reap.before_commit",
    "reconcile.before_commit",
    "media.uploaded",
    "import.before_commit",
    "import.between_batches",
)


def point(name: str) -> None:
    """End here if `XM_CRASH_AT` names this point. Live mode never looks at it."""
    if os.environ.get("XM_CRASH_AT") == name and not settings.LIVE:
        os._exit(137)
