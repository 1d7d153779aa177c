from __future__ import annotations

from django.db import models
from django.utils import timezone


class Gate(models.Model):
    """One row that every claim reads under a shared lock and every pause changes.

    When a pause has committed, the claims before it have too, and the ones after see it.
    """

    epoch = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class PauseScope(models.TextChoices):
    ALL = "all", "Everything"
    ACCOUNT = "account", "One account"
    AGENT = "agent", "One agent"
    ACTION_TYPE = "action_type", "One type of action"


class PauseSwitch(models.Model):
    """Something is paused now. Lifting the pause deletes the row; the events keep its history."""

    scope = models.CharField(max_length=16, choices=PauseScope.choices)
    value = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300)
    by_key = models.CharField(max_length=100)
    by_label = models.CharField(max_length=150)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["since"]
        permissions = [("pause_sending", "Can pause and resume sending")]
        verbose_name_plural = "pause switches"
        constraints = [
            models.UniqueConstraint(fields=["scope", "value"], name="one_pause_per_scope")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.value}".strip()


class Cooldown(models.Model):
    """No request to this operation for this account before `until` (X said so, or backoff)."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    operation = models.CharField(max_length=32)
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "operation"], name="one_cooldown_each")
        ]

    def __str__(self) -> str:
        return f"{self.operation} until {self.until:%H:%M:%S}"


class XCall(models.Model):
    """One HTTP call to X: how it went, how long it took, what it probably cost."""

    account = models.ForeignKey(
        "accounts.Account", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    operation = models.CharField(max_length=32)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=120)
    status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    cost_usd = models.DecimalField(max_digits=10, decimal_places=4)
    limit_remaining = models.IntegerField(null=True)
    limit_reset_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "-started_at"], name="xcall_of_account")]
        verbose_name = "X call"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status or self.error_code}"
