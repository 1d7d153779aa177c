"""What nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from execution import clock
from execution.models import IdempotencyKey

BATCH = 1000


def forget_old_keys() -> int:
    """Delete idempotency keys at twice the promised age, a batch at a time; says how many."""
    before = clock.now() - timedelta(hours=2 * settings.XM_IDEMPOTENCY_HOURS)
    old = IdempotencyKey.objects.filter(created_at__lt=before).order_by("created_at")
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    return IdempotencyKey.objects.filter(pk__in=ids).delete()[0] if ids else 0
