from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from publishing.states import ImportResult, ImportStatus


class PostImport(models.Model):
    """One file that was imported, and what each of its rows became.

    `passed` is the verdict on the whole file, made once: None until it has been checked.
    Whoever holds `lease_token` writes; `done_items` says where the next one goes on.
    """

    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.PENDING
    )
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    stored_name = models.CharField(max_length=80, unique=True)
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    passed = models.BooleanField(null=True)
    format = models.CharField(max_length=16, blank=True)
    encoding = models.CharField(max_length=16, blank=True)
    rows = models.PositiveIntegerField(default=0)
    total_items = models.PositiveIntegerField(default=0)
    importable = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    done_items = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    worker = models.CharField(max_length=100, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150)
    created_by_key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="import_list"),
            models.Index(
                fields=["id"],
                name="import_unfinished",
                condition=models.Q(status__in=[ImportStatus.PENDING, ImportStatus.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} {self.file_name}"

    @property
    def path(self) -> Path:
        return Path(settings.XM_HOME) / "imports" / self.stored_name

    @property
    def ended(self) -> bool:
        return self.status in (ImportStatus.FINISHED, ImportStatus.REFUSED)


class PostImportItem(models.Model):
    """What one post or thread of the file became; in a dry run, what it would become.

    `post` is the one that was written, or the one that said the same before.
    """

    post_import = models.ForeignKey(PostImport, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    result = models.CharField(max_length=10, choices=ImportResult.choices)
    post = models.ForeignKey(
        "publishing.Post", null=True, on_delete=models.SET_NULL, related_name="import_items"
    )

    class Meta:
        ordering = ["post_import_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["post_import", "position"], name="one_result_per_imported_item"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.result}"
