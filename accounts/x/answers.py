"""From X's answer to an error: every format X uses, sorted by what it means.

Formats (X API docs: response codes and errors): a problem object; a list ``errors`` with
``message`` and ``parameters``; the legacy list with numeric codes; OAuth's ``error`` and
``error_description``; and empty or HTML bodies from the edge.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.x import errors
from accounts.x.reasons import code_for
from accounts.x.transport import Answer
from accounts.x.types import PartialError, RateLimit, RateWindow


@dataclass(frozen=True)
class Complaint:
    """What X said was wrong, whichever format it said it in."""

    kind: str = ""
    title: str = ""
    detail: str = ""
    legacy_code: int | None = None
    oauth_error: str = ""
    parameters: tuple[str, ...] = ()


def as_mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list; nothing for anything else."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def read_json(body: bytes) -> Any:
    """The parsed body, or None when it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_complaint(payload: Any) -> Complaint:
    """Collect X's words from an error body; empty for one that holds none."""
    top = as_mapping(payload)
    entries = as_mappings(top.get("errors"))
    first: Mapping[str, Any] = entries[0] if entries else {}
    said = [str(e.get("message") or e.get("detail") or "") for e in entries]
    detail = str(top.get("detail") or top.get("error_description") or "")
    # X's general sentence says less than the entries do; both are kept, the entries first.
    words = [w for w in dict.fromkeys([*said, detail]) if w]
    names: list[str] = []
    for entry in (top, *entries):
        names += list(as_mapping(entry.get("parameters")))
        names += [str(entry["parameter"])] if entry.get("parameter") else []
    code = first.get("code")
    return Complaint(
        kind=_last_part(top.get("type") or first.get("type")),
        title=str(top.get("title") or first.get("title") or ""),
        detail="; ".join(words),
        legacy_code=code if isinstance(code, int) else None,
        oauth_error=str(top.get("error") or "") if "error" in top else "",
        parameters=tuple(dict.fromkeys(names)),
    )


def read_partial_errors(payload: Mapping[str, Any]) -> tuple[PartialError, ...]:
    """The ``errors`` that stand beside data in a 200."""
    return tuple(
        PartialError(
            kind=_last_part(entry.get("type")),
            title=str(entry.get("title") or ""),
            detail=str(entry.get("detail") or entry.get("message") or ""),
            resource_id=str(entry.get("resource_id") or entry.get("value") or ""),
            parameter=str(entry.get("parameter") or ""),
        )
        for entry in as_mappings(payload.get("errors"))
    )


def _last_part(kind: Any) -> str:
    # The host in problem types is the old or the new one; "about:blank" says nothing.
    last = str(kind or "").rstrip("/").rpartition("/")[2]
    return "" if last == "about:blank" else last


def read_limits(headers: Mapping[str, str], now: datetime) -> RateLimit:
    """The rate-limit headers of an answer; fields are None where X sent none or nonsense."""
    window = _window(headers, "x-rate-limit")
    seconds = _number(headers.get("Retry-After"))
    return RateLimit(
        limit=window.limit,
        remaining=window.remaining,
        reset_at=window.reset_at,
        app_24h=_daily(headers, "x-app-limit-24hour"),
        user_24h=_daily(headers, "x-user-limit-24hour"),
        retry_after=now + timedelta(seconds=min(seconds, 86_400)) if seconds is not None else None,
    )


def _window(headers: Mapping[str, str], prefix: str) -> RateWindow:
    reset = _number(headers.get(f"{prefix}-reset"))
    try:
        reset_at = datetime.fromtimestamp(reset, UTC) if reset is not None else None
    except (ValueError, OverflowError, OSError):
        reset_at = None
    return RateWindow(
        limit=_number(headers.get(f"{prefix}-limit")),
        remaining=_number(headers.get(f"{prefix}-remaining")),
        reset_at=reset_at,
    )


def _daily(headers: Mapping[str, str], prefix: str) -> RateWindow | None:
    window = _window(headers, prefix)
    return window if window != RateWindow() else None


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def request_id(headers: Mapping[str, str]) -> str:
    """X's own id of the call, for questions to its support."""
    return (headers.get("x-transaction-id") or headers.get("x-request-id") or "")[:100]


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret in it taken out; a word of a few letters is none."""
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, "[hidden]")
    return text


def error_from(
    answer: Answer, operation: str, *, limits: RateLimit, secrets: tuple[str, ...] = ()
) -> errors.XError | None:
    """The error that this answer means, or None when it is a whole 2xx."""
    body = scrub(answer.body.decode("utf-8", "replace"), secrets)
    failure = answer.failure
    status = answer.status
    context: dict[str, Any] = {
        "status": status,
        "raw": body,
        "limits": limits if status is not None else None,
        "request_id": scrub(request_id(answer.headers), secrets),
    }
    if status is not None and 400 <= status < 500 and status != 408:
        # A 4xx is a no, even if the rest of the answer never came.
        complaint = read_complaint(read_json(body.encode()))
        return _rejected(operation, status, complaint, limits, context)
    if failure is not None:
        context["detail"] = scrub(failure.detail, secrets)
        if failure.kind == "unbuildable":
            return errors.InvalidRequest(operation, failure.code, **context)
        kind = errors.NotSent if failure.kind == "not_sent" else errors.Unknown
        return kind(operation, failure.code, **context)
    if status is not None and 200 <= status < 300:
        return None
    context["detail"] = read_complaint(read_json(body.encode())).detail
    if status == 408:
        return errors.Unknown(operation, "timeout", **context)
    if status is not None and status >= 500:
        return errors.Unknown(operation, "server_error", **context)
    context["detail"] = context["detail"] or "an answer that is neither a success nor an error"
    return errors.Unknown(operation, "bad_answer", **context)


def _rejected(
    operation: str, status: int, complaint: Complaint, limits: RateLimit, context: dict[str, Any]
) -> errors.Rejected:
    code = code_for(
        operation,
        status,
        kind=complaint.kind,
        title=complaint.title,
        detail=complaint.detail,
        legacy_code=complaint.legacy_code,
        oauth_error=complaint.oauth_error,
    )
    context = {
        **context,
        "detail": complaint.detail or complaint.title or complaint.oauth_error,
        "parameters": complaint.parameters,
    }
    if code in ("rate_limited", "usage_capped"):
        cap = code == "usage_capped"
        return errors.RateLimited(
            operation, code, cap=cap, reset_at=None if cap else _reset(limits), **context
        )
    return _CLASSES.get(code, errors.Forbidden if status == 403 else errors.Rejected)(
        operation, code, **context
    )


def _reset(limits: RateLimit) -> datetime | None:
    # With calls left in the window it is another limit that was hit, and X does not name its end.
    named = limits.wait_until()
    if named is None and limits.remaining is None:
        named = limits.reset_at
    return named or limits.retry_after


_CLASSES: dict[str, type[errors.Rejected]] = {
    "invalid_request": errors.InvalidRequest,
    "too_long": errors.InvalidRequest,
    "too_large": errors.InvalidRequest,
    "unauthorized": errors.Unauthorized,
    "invalid_client": errors.Unauthorized,
    "invalid_grant": errors.InvalidGrant,
    "payment_required": errors.PaymentRequired,
    "duplicate_content": errors.DuplicateContent,
    "not_found": errors.NotFound,
}
