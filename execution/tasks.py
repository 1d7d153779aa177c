"""What django-q2 runs. Each is only a hint that there may be work: the tables say what is true."""

from __future__ import annotations

import logging

from django.utils import timezone

from execution import clock, media
from execution.engine import drain as drains
from execution.engine import reconcile as reconciling
from execution.engine.identity import instance_name
from execution.models import WorkerHeartbeat

logger = logging.getLogger(__name__)


def drain() -> None:
    """Send what is due."""
    _came_through()
    drains.drain()
    _came_through()


def look_around() -> None:
    """Look for effects of unknown outcome, and bring up media."""
    _came_through()
    now = clock.now()
    for action_id in reconciling.waiting(now):
        try:
            reconciling.reconcile(action_id)
        except Exception:
            logger.exception("Action %s could not be reconciled", action_id)
    for account_id in media.waiting_accounts(now):
        try:
            media.prepare_account(account_id)
        except Exception:
            logger.exception("Media of account %s could not be brought up", account_id)


def pulse() -> None:
    """Show that the queue still moves."""
    _came_through()


def _came_through() -> None:
    WorkerHeartbeat.objects.filter(name=instance_name()).update(drained_at=timezone.now())
