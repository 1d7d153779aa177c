"""Every error of the API as an `application/problem+json` document."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    MissingError,
    PausedError,
    UndecryptableError,
    XManagerError,
)
from accounts.services.agents import TokenRefusedError

logger = logging.getLogger(__name__)

STATUSES: dict[type[XManagerError], int] = {
    TokenRefusedError: 401,
    MalformedError: 400,
    ForbiddenError: 403,
    MissingError: 404,
    ConflictError: 409,
    InvalidError: 422,
    PausedError: 423,
}
TITLES = {
    400: "The request can't be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    406: "Not acceptable",
    409: "In the way of something else",
    413: "Too large",
    415: "Unsupported media type",
    422: "The content needs a change",
    423: "Paused",
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available now",
}
CODES = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.ParseError: "malformed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "throttled",
    exceptions.PermissionDenied: "forbidden",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    extra: dict[str, Any] | None = None,
    retry_after: int | None = None,
) -> Response:
    """A problem document (RFC 9457) as a response."""
    body: dict[str, Any] = {
        "type": f"urn:x-manager:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        **({"errors": errors} if errors else {}),
        **(extra or {}),
    }
    response = Response(body, status=status, content_type="application/problem+json")
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook: whatever was raised becomes a problem document."""
    set_rollback()
    if isinstance(error, XManagerError):
        return _ours(error)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_field_errors(error.get_full_details()))
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields need a change."
        return problem(422, "validation", detail, errors=errors)
    if isinstance(error, exceptions.APIException):
        return _rest(error)
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, "forbidden", "This is not yours to do.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", "The body is too large.")
    if isinstance(error, DataError | OverflowError):
        logger.warning("A value out of range: %s", error)
        return problem(400, "malformed", "A value is too large to be kept. Send a smaller one.")
    if isinstance(error, SuspiciousOperation | UnicodeError):
        return problem(400, "malformed", "The request can't be read.")
    if isinstance(error, UndecryptableError):
        return problem(503, "keys_unavailable", str(error))
    # SQLite also calls a missing table an operational error: that one is our mistake.
    if isinstance(error, OperationalError) and "no such" not in str(error):
        logger.warning("The database did not answer: %s", error)
        return problem(
            503, "database_busy", "The database is busy. Try again in a second.", retry_after=1
        )
    request = context.get("request")
    path = request.path if isinstance(request, Request | HttpRequest) else "?"
    logger.error("Unexpected error at %s", path, exc_info=error)
    return problem(
        500,
        "internal_error",
        "Something went wrong on our side; the log of the web part says what.",
    )


def _ours(error: XManagerError) -> Response:
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 422)
    extra = dict(error.extra)
    retry_after = extra.pop("retry_after", None)
    response = problem(
        status,
        error.code,
        error.detail,
        errors=error.fields,
        extra=extra,
        retry_after=retry_after,
    )
    if "skipped" in extra:
        response["Idempotent-Replayed"] = "true" if extra["skipped"] else "false"
    return response


def _rest(error: exceptions.APIException) -> Response:
    given = str(error.get_codes())
    named = {"permission_denied": "forbidden", "authentication_failed": "token_invalid"}
    code = CODES.get(type(error)) or named.get(given, given)
    if isinstance(error, exceptions.PermissionDenied) and given not in named:
        code = given
    detail = str(error.detail)
    retry_after = None
    if isinstance(error, exceptions.NotAuthenticated):
        detail = "Send `Authorization: Token KEY`, or sign in at /admin/."
    elif isinstance(error, exceptions.Throttled):
        retry_after = max(1, int(getattr(error, "wait", None) or 1))
        detail = f"Too many requests. Try again in {retry_after} s."
    response = problem(error.status_code, code, detail, retry_after=retry_after)
    if error.status_code == 401:
        response["WWW-Authenticate"] = "Token"
    return response


def _field_errors(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {
            "field": path.removesuffix(".non_field_errors") or "body",
            "code": str(details["code"]),
            "detail": str(details["message"]),
        }
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(details, list):
        plain = all(isinstance(item, dict) and set(item) == {"message", "code"} for item in details)
        for number, inner in enumerate(details):
            if inner:
                yield from _field_errors(inner, path if plain else f"{path}.{number}")
