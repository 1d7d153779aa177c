"""One call of an operation: sent once, measured, recorded, turned into a result or an error."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from requests.auth import AuthBase

from accounts.x import pricing
from accounts.x.answers import error_from, read_complaint, read_json, read_limits, request_id, scrub
from accounts.x.errors import Forbidden, InvalidRequest, NotFound, Unknown, XError
from accounts.x.parsing import BadShape
from accounts.x.transport import Answer, Timeouts, exchange
from accounts.x.types import CallRecord, OnCall, Page, RateLimit

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PATH_VALUES: dict[str, str] = {
    "id": r"[0-9]{1,19}",
    "conversation_id": r"[0-9]{1,19}(-[0-9]{1,19})?",
    "username": r"[A-Za-z0-9_]{1,15}",
}


@dataclass(frozen=True)
class Call(Generic[T]):
    """What to ask of X and how to read the answer.

    ``path`` is a template such as ``/2/tweets/{id}``, filled from ``path_values``. ``lookup`` is
    set where a 200 may hold errors only and then means that the one thing asked for is not there.
    ``secret_answer`` keeps the body of a success out of any error.
    """

    operation: str
    method: str
    path: str
    parse: Callable[[Mapping[str, Any]], T]
    auth: AuthBase | tuple[str, str] | None = field(repr=False)
    path_values: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None
    json: Any = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    price: Callable[[int], Decimal] | None = None
    lookup: bool = False
    empty_answer: bool = False
    secret_answer: bool = False

    def cost(self, resources: int) -> Decimal:
        """The price of a success that returned this many objects."""
        if self.price is not None:
            return self.price(resources)
        return pricing.call_price(self.operation, resources=resources)

    def url(self, base_url: str) -> str:
        """The address, its values checked: a stray ``..`` would lead to another operation."""
        for name, value in self.path_values.items():
            if not re.fullmatch(_PATH_VALUES.get(name, _PATH_VALUES["id"]), value):
                raise InvalidRequest(
                    self.operation,
                    "invalid_request",
                    detail=f"{value!r} is no {name.replace('_', ' ')} of X",
                    parameters=(name,),
                )
        quoted = {name: quote(value, safe="") for name, value in self.path_values.items()}
        return base_url.rstrip("/") + self.path.format(**quoted)


@dataclass(frozen=True)
class Caller:
    """Where calls go, how long they may take, what must not be shown, and who is told of them."""

    base_url: str
    timeouts: Timeouts
    secrets: tuple[str, ...] = field(repr=False)
    told: tuple[OnCall, ...] = ()

    def perform(self, call: Call[T], *, deadline: float | None = None) -> T:
        """Make the call once. Raises an XError; every HTTP call is told, failed ones included.

        ``deadline`` shortens the time (seconds) for this one.
        """
        timeouts = self.timeouts
        if deadline is not None and deadline < timeouts.deadline:
            timeouts = Timeouts(timeouts.connect, timeouts.read, deadline)
        url = call.url(self.base_url)
        started_at, began = datetime.now(UTC), time.monotonic()
        answer = exchange(
            call.method,
            url,
            timeouts=timeouts,
            auth=call.auth,
            params=call.params,
            json=call.json,
            form=call.form,
            files=call.files,
        )
        duration_ms = round((time.monotonic() - began) * 1000)
        limits = read_limits(answer.headers, datetime.now(UTC))
        result, error = self._read(call, answer, limits)
        record = CallRecord(
            operation=call.operation,
            method=call.method,
            path_template=call.path,
            status=answer.status,
            started_at=started_at,
            duration_ms=duration_ms,
            cost_usd=_cost(call, answer, result, error),
            rate_limit=limits,
            error_code=error.code if error else "",
            request_id=scrub(request_id(answer.headers), self.secrets),
            access_level=answer.headers.get("x-access-level", "")[:32],
        )
        for tell in self.told:
            try:
                tell(record)
            except Exception:
                # What X did stands, whether or not it could be written down.
                logger.exception("the listener for X calls failed on %s", call.operation)
        if error is not None:
            # Raised here, outside any handler: the network stack's own exceptions hold the
            # request with its Authorization header and must not travel along as context.
            raise error
        return result[0]

    def _read(
        self, call: Call[T], answer: Answer, limits: RateLimit
    ) -> tuple[list[T], XError | None]:
        """The result (a list of one) or the error; both come back so that they can be recorded."""
        answered = answer.status is not None and 200 <= answer.status < 300
        shown = replace(answer, body=b"") if answered and call.secret_answer else answer
        error = error_from(shown, call.operation, limits=limits, secrets=self.secrets)
        if answered and answer.body and not call.secret_answer:
            # A body that came whole counts, even if the connection then broke or timed out.
            payload = read_json(answer.body)
        elif answered and error is None:
            payload = read_json(answer.body)
        else:
            payload = None
        problem = "the answer is no JSON object"
        if isinstance(payload, Mapping) or (answered and error is None and call.empty_answer):
            if call.lookup and isinstance(payload, Mapping) and "data" not in payload:
                missing = _missing(call, payload, answer, limits, self.secrets)
                if missing is not None:
                    return [], missing
            try:
                parsed = call.parse(payload if isinstance(payload, Mapping) else {})
            except BadShape as shape:
                problem = f"{shape}; {read_complaint(payload).detail}".removesuffix("; ")
            else:
                return [parsed], None
        if error is not None:
            return [], error
        return [], Unknown(
            call.operation,
            "bad_answer",
            status=answer.status,
            detail=scrub(problem, self.secrets),
            raw=_raw(shown, self.secrets),
            limits=limits,
            request_id=scrub(request_id(answer.headers), self.secrets),
        )


def _raw(answer: Answer, secrets: tuple[str, ...]) -> str:
    return scrub(answer.body.decode("utf-8", "replace"), secrets)


def _missing(
    call: Call[Any],
    payload: Mapping[str, Any],
    answer: Answer,
    limits: RateLimit,
    secrets: tuple[str, ...],
) -> XError | None:
    """A 200 with errors and no data: the thing is gone, or hidden from this account."""
    if not payload.get("errors"):
        return None
    complaint = read_complaint(payload)
    hidden = complaint.kind.startswith("not-authorized") or complaint.kind == "disallowed-resource"
    kind = Forbidden if hidden else NotFound
    return kind(
        call.operation,
        "forbidden" if hidden else "not_found",
        status=answer.status,
        detail=scrub(complaint.detail or complaint.title, secrets),
        raw=_raw(answer, secrets),
        parameters=complaint.parameters,
        limits=limits,
        request_id=scrub(request_id(answer.headers), secrets),
    )


def _cost(call: Call[Any], answer: Answer, result: list[Any], error: XError | None) -> Decimal:
    """X bills successes that return data; a write nobody heard of again may have been one."""
    if result:
        return call.cost(len(result[0].items) if isinstance(result[0], Page) else 1)
    perhaps = isinstance(error, Unknown) and (answer.status is None or answer.status < 300)
    return call.cost(1) if perhaps and call.method != "GET" else pricing.FREE
