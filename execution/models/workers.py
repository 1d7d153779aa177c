from __future__ import annotations

from django.db import models


class WorkerHeartbeat(models.Model):
    """A worker's sign of life. `drained_at` went through the queue, so it shows the whole path."""

    name = models.CharField(max_length=100, unique=True)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    drained_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.name
