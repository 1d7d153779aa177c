from __future__ import annotations

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """One thing that happened, written in the transaction of the change itself.

    Rows are only ever added. A sealer numbers them afterwards and chains them
    (`accounts/audit.py`), so that no writer waits for another.
    """

    name = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=150)
    account_slot = models.PositiveIntegerField(null=True)
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    sequence = models.PositiveBigIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="event_of_object"),
            models.Index(
                fields=["id"], name="event_unsealed", condition=models.Q(sequence__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.object_type} {self.object_id}"
