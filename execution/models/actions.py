from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from execution.states import ActionStatus, AttemptState


class Lane(models.Model):
    """The right to write to X for one account: at most one holder, and only for a while."""

    account = models.OneToOneField(
        "accounts.Account", on_delete=models.CASCADE, primary_key=True, related_name="lane"
    )
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    last_late_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"lane of {self.account_id}"


class Action(models.Model):
    """One change on X: a post, a part of a thread. It leaves once or not at all."""

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, related_name="actions"
    )
    action_type = models.CharField(max_length=16)
    status = models.CharField(
        max_length=12, choices=ActionStatus.choices, default=ActionStatus.SCHEDULED
    )
    scheduled_time = models.DateTimeField(
        null=True, help_text="When a person or agent wanted it; empty for a later part of a thread."
    )
    due_at = models.DateTimeField(
        null=True, help_text="What lateness is counted from; moved by waits that are not its fault."
    )
    next_attempt_at = models.DateTimeField(null=True, help_text="Not tried before this moment.")
    not_after = models.DateTimeField(null=True, blank=True)
    depends_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="dependents"
    )
    fence = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    attempts_used = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    x_id = models.CharField(max_length=19, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=1000, blank=True)
    retryable = models.BooleanField(default=False)
    needs_person = models.BooleanField(default=False)
    reconcile_at = models.DateTimeField(null=True)
    reconcile_reads = models.PositiveSmallIntegerField(default=0)
    evidence = models.JSONField(default=dict, blank=True)
    needs_media = models.BooleanField(default=False)
    projected = models.BooleanField(
        default=True, help_text="False until the post it belongs to shows this state."
    )
    agent_key = models.CharField(max_length=100, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(status="running"),
                name="one_running_action_per_account",
            ),
            models.UniqueConstraint(
                fields=["account", "x_id"],
                condition=~Q(x_id="") & Q(action_type="post"),
                name="an_x_post_belongs_to_one_action",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="action_next_due",
                condition=Q(status="scheduled", due_at__isnull=False),
            ),
            models.Index(
                fields=["account", "due_at", "id"],
                name="action_due_of_account",
                condition=Q(status="scheduled", due_at__isnull=False),
            ),
            models.Index(
                fields=["lease_until"], name="action_leased", condition=Q(status="running")
            ),
            models.Index(
                fields=["reconcile_at"], name="action_to_reconcile", condition=Q(status="unknown")
            ),
            models.Index(fields=["id"], name="action_to_project", condition=Q(projected=False)),
            models.Index(
                fields=["due_at"],
                name="action_awaiting_media",
                condition=Q(status="scheduled", needs_media=True),
            ),
            models.Index(fields=["account", "status", "-id"], name="action_list"),
        ]

    def __str__(self) -> str:
        return f"{self.action_type} {self.pk} ({self.status})"


class Attempt(models.Model):
    """One try, written before the call. It is what tells a lost call from one never made."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="attempts")
    fence = models.PositiveIntegerField()
    state = models.CharField(
        max_length=10, choices=AttemptState.choices, default=AttemptState.CLAIMED
    )
    worker = models.CharField(max_length=100)
    pause_epoch = models.PositiveBigIntegerField()
    operation = models.CharField(max_length=32)
    request = models.JSONField(help_text="The exact body for X.")
    digest = models.CharField(max_length=64)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    raw = models.TextField(blank=True)
    x_id = models.CharField(max_length=19, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["action", "fence"], name="one_attempt_per_fence")
        ]
        indexes = [models.Index(fields=["x_id"], name="attempt_of_x_id", condition=~Q(x_id=""))]

    def __str__(self) -> str:
        return f"attempt {self.fence} of {self.action_id} ({self.state})"
