"""What an answer of X, or the lack of one, means for an effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from accounts.x.errors import (
    DuplicateContent,
    Forbidden,
    NotFound,
    NotSent,
    PaymentRequired,
    RateLimited,
    Rejected,
    Unauthorized,
    XError,
)


class Verdict(Enum):
    """The classes of outcome; `record.py` says what follows from each."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    RATE_LIMITED = "rate_limited"
    OUT_OF_CREDITS = "out_of_credits"
    UNAUTHORIZED = "unauthorized"
    DUPLICATE = "duplicate"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    code: str = ""
    detail: str = ""
    raw: str = ""
    http_status: int | None = None
    x_id: str = ""
    retry_at: datetime | None = None
    generation: int = 0  # of the tokens that signed the call


def accepted(x_id: str) -> Outcome:
    return Outcome(Verdict.ACCEPTED, x_id=x_id, http_status=201)


def classify(error: Exception) -> Outcome:
    """The outcome of a call that raised. What we do not know counts as unknown, never as no."""
    if not isinstance(error, XError):
        return Outcome(
            Verdict.UNKNOWN, "internal_error", f"Our own code failed: {type(error).__name__}"
        )
    verdict = Verdict.UNKNOWN
    retry_at = None
    if isinstance(error, NotSent):
        verdict = Verdict.NOT_SENT
    elif isinstance(error, RateLimited):
        verdict = Verdict.OUT_OF_CREDITS if error.cap else Verdict.RATE_LIMITED
        retry_at = error.reset_at
    elif isinstance(error, PaymentRequired):
        verdict = Verdict.OUT_OF_CREDITS
    elif isinstance(error, Unauthorized):
        verdict = Verdict.UNAUTHORIZED
    elif isinstance(error, DuplicateContent):
        verdict = Verdict.DUPLICATE
    elif isinstance(error, Forbidden):
        verdict = Verdict.FORBIDDEN
    elif isinstance(error, NotFound | Rejected):
        verdict = Verdict.REFUSED
    return Outcome(
        verdict,
        code=error.code,
        detail=error.detail,
        raw=error.raw,
        http_status=error.status,
        retry_at=retry_at,
    )
