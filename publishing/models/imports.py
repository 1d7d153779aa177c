from __future__ import annotations

from django.db import models
from django.utils import timezone

from publishing.states import ImportStatus


class PostImport(models.Model):
    """One file that was imported, and what each of its rows became."""

    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.PENDING
    )
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    stored_name = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    format = models.CharField(max_length=16, blank=True)
    encoding = models.CharField(max_length=16, blank=True)
    rows = models.PositiveIntegerField(default=0)
    importable = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    done_items = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    items = models.JSONField(default=list)
    lease_until = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150)
    created_by_key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"import {self.pk} {self.file_name}"
