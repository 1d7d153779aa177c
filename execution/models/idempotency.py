from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """A key that a caller sent with a request, and the first answer it got.

    `token` says who may finish it: an expired claim proves that nothing was committed,
    because effects and answer are one commit that asks for this token.
    """

    principal = models.CharField(max_length=100)
    method = models.CharField(max_length=8)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    token = models.UUIDField()
    lease_until = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["principal", "method", "route", "key"], name="one_answer_per_key"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.principal} {self.method} {self.route} {self.key}"
