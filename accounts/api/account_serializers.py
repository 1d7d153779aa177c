"""How accounts look from outside: who, in what state, what they may do. Never a secret."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account
from accounts.selectors import Health, health_of
from accounts.states import AccountStatus

HEALTH_STATUSES = [*AccountStatus.values, "unreadable"]


class HealthSerializer(serializers.Serializer[Health]):
    """`status` is the account's, or `unreadable` where no encryption key opens its tokens."""

    status = serializers.ChoiceField(choices=HEALTH_STATUSES)
    ok = serializers.BooleanField()
    reason = serializers.CharField()
    next_step = serializers.CharField()


class AccountSerializer(serializers.ModelSerializer[Account]):
    account_slot = serializers.IntegerField(source="slot")
    health = serializers.SerializerMethodField()
    app = serializers.CharField(source="app.name", default=None, allow_null=True)
    plan = serializers.CharField(source="app.plan", default=None, allow_null=True)

    class Meta:
        model = Account
        fields = [
            "account_slot",
            "x_user_id",
            "username",
            "display_name",
            "health",
            "auth_kind",
            "access_level",
            "scopes",
            "token_expires_at",
            "verified_at",
            "timezone",
            "grace_minutes",
            "app",
            "plan",
        ]
        read_only_fields = fields

    @extend_schema_field(HealthSerializer)
    def get_health(self, account: Account) -> dict[str, Any]:
        return dict(HealthSerializer(health_of(account)).data)


class CapabilitySerializer(serializers.Serializer[Any]):
    """`allowed`: yes, no, only when summoned, or unknown (then it may be tried)."""

    name = serializers.CharField()
    allowed = serializers.SerializerMethodField()
    reason = serializers.CharField()
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=["connection", "permissions", "learned", "plan", "unknown"]
    )
    learned_at = serializers.DateTimeField(allow_null=True)
    retry_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(
        {
            "oneOf": [{"type": "boolean"}, {"type": "string", "enum": ["when_summoned"]}],
            "nullable": True,
        }
    )
    def get_allowed(self, state: Any) -> bool | str | None:
        allowed: bool | str | None = state.allowed
        return allowed


class CapabilitiesSerializer(serializers.Serializer[Any]):
    account_slot = serializers.IntegerField()
    health = HealthSerializer()
    capabilities = CapabilitySerializer(many=True)
