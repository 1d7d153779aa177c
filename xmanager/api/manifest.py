"""What an agent reads first: made from the OpenAPI document, so it can't promise more."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from accounts.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from accounts.api.permissions import PUBLIC, SIGNED_IN
from accounts.principals import Principal
from accounts.scopes import PEOPLE_ONLY, SCOPES
from xmanager import __version__
from xmanager.api.errors_explained import WHAT_TO_DO


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document, made once per process."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


def manifest(principal: Principal) -> dict[str, Any]:
    """What this installation offers, and what this principal may do of it."""
    url = settings.XM_PUBLIC_URL
    return {
        "name": "X Manager",
        "version": __version__,
        "mode": settings.XM_MODE,
        "principal": {
            "kind": principal.kind,
            "name": principal.label,
            "scopes": sorted(principal.scopes),
            "account_slots": sorted(principal.slots) if principal.slots is not None else "all",
        },
        "auth": {
            "header": "Authorization: Token KEY",
            "scopes": {
                name: {"allows": text, "people_only": name in PEOPLE_ONLY}
                for name, text in SCOPES.items()
            },
        },
        "conventions": {
            "times": "ISO 8601 with an offset; answers are UTC (Z)",
            "x_ids": "strings",
            "lists": {"default_limit": DEFAULT_LIMIT, "max_limit": MAX_LIMIT, "paging": "cursor"},
            "idempotency": {
                "header": "Idempotency-Key",
                "kept_hours": settings.XM_IDEMPOTENCY_HOURS,
                "replay": 'the first answer with "skipped": true and Idempotent-Replayed: true',
            },
            "dry_run": 'send "dry_run": true where a route lists it: checked, nothing changed',
            "rate": _rate(),
        },
        "routes": _routes(principal),
        "errors": [{"code": code, "what_to_do": text} for code, text in WHAT_TO_DO.items()],
        "examples": _examples(url),
        "links": {
            "openapi": f"{url}/api/schema/",
            "docs": f"{url}/api/docs/",
            "readiness": f"{url}/api/system/readiness",
        },
    }


def _rate() -> str:
    values: Any = settings.REST_FRAMEWORK
    return str(values["DEFAULT_THROTTLE_RATES"]["principal"])


def _routes(principal: Principal) -> list[dict[str, Any]]:
    found = []
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            scope = operation.get("x-required-scope")
            body = operation.get("requestBody", {}).get("content", {})
            answers = {
                status: answer.get("content", {}).get("application/json", {}).get("schema")
                for status, answer in operation["responses"].items()
                if status != "default"
            }
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "operation_id": operation["operationId"],
                    "summary": operation.get("description", "").split("\n")[0],
                    "scope": scope,
                    "allowed": scope in (PUBLIC, SIGNED_IN) or scope in principal.scopes,
                    "idempotent": operation["x-idempotent"],
                    "parameters": [p["name"] for p in operation.get("parameters", [])],
                    "request_schema": next((b["schema"] for b in body.values()), None),
                    "response_schemas": answers,
                }
            )
    return found


def _examples(url: str) -> list[dict[str, Any]]:
    auth = '-H "Authorization: Token $XM_TOKEN"'
    json_type = '-H "Content-Type: application/json"'
    return [
        {
            "title": "Schedule a post; repeating it changes nothing",
            "scope": "posts:write",
            "curl": f"curl -sS {auth} {json_type} -H 'Idempotency-Key: hello-1' "
            f"{url}/api/scheduler/posts -d "
            '\'{"account_slot": 1, "text": "Hello from the API", '
            '"scheduled_time": "2027-01-31T09:30:00+00:00"}\'',
        },
        {
            "title": "See the exact body X would get, and its cost, changing nothing",
            "scope": "posts:write",
            "curl": f"curl -sS {auth} {json_type} {url}/api/scheduler/thread -d "
            '\'{"account_slot": 1, "dry_run": true, "parts": [{"text": "One"}, {"text": "Two"}], '
            '"scheduled_time": "2027-01-31T09:30:00+00:00"}\'',
        },
        {
            "title": "What is scheduled, and what needs somebody",
            "scope": "posts:read",
            "curl": f"curl -sS {auth} '{url}/api/scheduler/posts?status=failed&status=unknown'",
        },
        {
            "title": "Stop everything",
            "scope": "pause",
            "curl": f"curl -sS {auth} {json_type} {url}/api/agent/pause -d "
            '\'{"scope": "all", "reason": "something looks wrong"}\'',
        },
    ]
