from __future__ import annotations

from django.db import models
from django.db.models import F


class MediaUpload(models.Model):
    """A file as X knows it: uploaded by one account, usable until X forgets it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        PROCESSING = "processing", "Processing at X"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)
    alt_text = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    x_media_id = models.CharField(max_length=19, blank=True)
    expires_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("account"), F("sha256"), F("alt_text"), name="one_upload_per_file_and_alt_text"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.state})"
