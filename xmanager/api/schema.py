"""The OpenAPI document: what each route takes, answers, needs and repeats safely."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
KEY_PARAMETER = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=False,
    type=str,
    description="1–255 visible ASCII characters. The same key and body again: the first answer.",
)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.AgentTokenAuthentication"
    name = "agentToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key that begins with xm_."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.OperatorSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class XManagerSchema(AutoSchema):
    """Adds scope, idempotency and problem documents, read from the views themselves."""

    def _method(self) -> Any:
        return getattr(self.view, self.method.lower(), None)

    def get_request_serializer(self) -> Any:
        method = self._method()
        if getattr(method, "idempotent", False):
            return method.input_serializer
        return super().get_request_serializer()

    def get_override_parameters(self) -> list[Any]:
        found = list(super().get_override_parameters())
        if getattr(self._method(), "idempotent", False):
            found.append(KEY_PARAMETER)
        return found

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        scope = getattr(self.view, "scopes", {}).get(self.method)
        operation["x-required-scope"] = scope
        operation["x-idempotent"] = bool(getattr(self._method(), "idempotent", False))
        operation["responses"].setdefault(
            "default",
            {
                "description": "A problem: cause, next step and a stable code.",
                "content": {"application/problem+json": {"schema": PROBLEM}},
            },
        )
        return operation
