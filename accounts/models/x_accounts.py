from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.fields import SecretTextField
from accounts.states import AccessLevel, AccountStatus, AppPlan, AuthKind


class DeveloperApp(models.Model):
    """An app of X's developer console. Several accounts may share one."""

    name = models.CharField(max_length=100, unique=True)
    plan = models.CharField(max_length=16, choices=AppPlan.choices, default=AppPlan.SELF_SERVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AppSecret(models.Model):
    """The keys of a developer app. In a table of its own: no form or API ever loads it."""

    app = models.OneToOneField(DeveloperApp, on_delete=models.CASCADE, related_name="secret")
    consumer_key = SecretTextField(blank=True, default="")
    consumer_secret = SecretTextField(blank=True, default="")
    client_id = SecretTextField(blank=True, default="")
    client_secret = SecretTextField(blank=True, default="")

    def __str__(self) -> str:
        return f"keys of {self.app_id}"


class Account(models.Model):
    """One X account, named everywhere by its slot."""

    slot = models.PositiveIntegerField(unique=True)
    x_user_id = models.CharField(max_length=19, blank=True)
    username = models.CharField(max_length=15, blank=True)
    display_name = models.CharField(max_length=100, blank=True)
    app = models.ForeignKey(
        DeveloperApp, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts"
    )
    auth_kind = models.CharField(max_length=8, choices=AuthKind.choices, blank=True)
    status = models.CharField(
        max_length=20, choices=AccountStatus.choices, default=AccountStatus.DISCONNECTED
    )
    status_reason = models.CharField(max_length=300, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    access_level = models.CharField(
        max_length=32,
        choices=AccessLevel.choices,
        blank=True,
        help_text="What X said the OAuth 1.0a token may do; empty: X did not say.",
    )
    scopes = models.JSONField(
        default=list,
        blank=True,
        help_text="The OAuth 2.0 scopes that X granted; empty: X did not say.",
    )
    token_expires_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    grace_minutes = models.PositiveIntegerField(
        default=60, help_text="How late a post may still leave; later ones wait for a person."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slot"]
        constraints = [
            models.UniqueConstraint(
                fields=["x_user_id"],
                condition=~Q(x_user_id=""),
                name="one_slot_per_x_identity",
            ),
            models.CheckConstraint(condition=Q(slot__gte=1), name="slot_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.slot} @{self.username}" if self.username else f"slot {self.slot}"


class AccountSecret(models.Model):
    """What signs an account's requests: an OAuth 1.0a token or an OAuth 2.0 pair.

    `generation` counts the pairs: it changes with every refresh and reconnection. The lease
    keeps refreshers apart, across processes, while one of them waits for X.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="secret")
    access_token = SecretTextField()
    access_token_secret = SecretTextField(blank=True, default="")
    refresh_token = SecretTextField(blank=True, default="")
    generation = models.PositiveIntegerField(default=1)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    refresh_lease = models.CharField(max_length=32, blank=True)
    refresh_lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"tokens of {self.account_id}"


class Capability(models.Model):
    """Something an account turned out to be allowed or refused by X, and how we know."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="capabilities")
    name = models.CharField(max_length=32)
    allowed = models.BooleanField(null=True)  # None: one refusal, not enough to be sure
    reason = models.CharField(max_length=300)
    refused_targets = models.JSONField(default=list)
    learned_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "capabilities"
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="one_row_per_capability")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {'yes' if self.allowed else 'no'}"
