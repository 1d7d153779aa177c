from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models


class MediaAsset(models.Model):
    """A checked picture or video in the library, kept once whatever its name."""

    sha256 = models.CharField(max_length=64, unique=True)
    mime_type = models.CharField(max_length=32)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration_seconds = models.FloatField(null=True)
    stored_name = models.CharField(max_length=80, unique=True)
    original_name = models.CharField(max_length=200, blank=True)
    alt_text = models.CharField(max_length=1000, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["original_name"], name="media_by_name")]

    def __str__(self) -> str:
        return self.original_name or self.stored_name

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.stored_name
