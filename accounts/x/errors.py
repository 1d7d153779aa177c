"""What can go wrong between this console and X, sorted by what it means for a write.

Three families, and the difference between them decides whether a send may be repeated:

* ``NotSent``: no byte of the request reached X. Sending it again is safe.
* ``Rejected``: X answered with a 4xx. Nothing happened, and X said why.
* ``Unknown``: the request may have been carried out. A post, reply or DM must never be sent again
  before somebody looked on X.
"""

from __future__ import annotations

from datetime import datetime

from accounts.x.types import RateLimit

DETAIL_CHARS = 500
RAW_CHARS = 2000


class XError(Exception):
    """Base of every error that the X client raises.

    ``operation`` is the client's method, ``status`` the HTTP status (None when there was no
    answer), ``code`` a stable snake_case word to branch on, ``detail`` X's own words (or those of
    the network stack) cut to 500 characters, ``raw`` the answer's body cut to 2,000. Secrets are
    taken out of both before they get here.
    """

    def __init__(
        self,
        operation: str,
        code: str,
        *,
        status: int | None = None,
        detail: str = "",
        raw: str = "",
        parameters: tuple[str, ...] = (),
        limits: RateLimit | None = None,
        request_id: str = "",
    ) -> None:
        self.operation = operation
        self.code = code
        self.status = status
        self.detail = detail[:DETAIL_CHARS]
        self.raw = raw[:RAW_CHARS]
        self.parameters = parameters
        self.limits = limits
        self.request_id = request_id
        super().__init__(str(self))

    def __str__(self) -> str:
        answered = f"X answered {self.status}" if self.status is not None else "no answer from X"
        words = f": {self.detail}" if self.detail else ""
        return f"{self.operation}: {answered} ({self.code}){words}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are rebuilt from their positional arguments by default, which drops ours.
        return (_rebuild, (type(self), dict(self.__dict__)))


def _rebuild(kind: type[XError], state: dict[str, object]) -> XError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (str(error),)
    return error


class NotSent(XError):
    """Nothing reached X: name not resolved, refused, connect timeout, TLS failed beforehand.

    Codes: ``dns``, ``refused``, ``connect_timeout``, ``tls``, ``unreachable``.
    """


class Unknown(XError):
    """The request may or may not have been carried out.

    Codes: ``timeout`` (a read timeout or the deadline of the whole call), ``connection_reset``,
    ``server_error`` (5xx), ``bad_answer`` (unreadable, oversized, redirected or without an id).
    """


class Rejected(XError):
    """X answered with a 4xx: nothing happened. ``code`` says why."""


class InvalidRequest(Rejected):
    """400, 413, 422 and the like. Codes: ``invalid_request``, ``too_long``, ``too_large``.

    ``parameters`` names what X complained about, where it does.
    """


class Unauthorized(Rejected):
    """401: refresh the token once under the account's lock, else it needs reconnecting.

    Codes: ``unauthorized``, and at the token endpoint ``invalid_client``.
    """


class InvalidGrant(Rejected):
    """The refresh token is used up or revoked: only the account's owner can connect it again."""


class PaymentRequired(Rejected):
    """402: credits or the spending limit of the developer app have run out."""


class Forbidden(Rejected):
    """403. Codes: ``forbidden``, ``reply_not_allowed``, ``reply_target_gone``, ``dm_not_allowed``,
    ``read_only_app``, ``missing_scope``, ``not_in_plan``, ``account_suspended``,
    ``account_locked``.
    """


class DuplicateContent(Forbidden):
    """403 for a text that this account posted recently: perhaps our own earlier send."""


class NotFound(Rejected):
    """404, or a 200 that holds nothing but "not found" for a single object."""


class RateLimited(Rejected):
    """429. ``reset_at`` is the moment X named (None: it named none that counts).

    ``cap`` is true when not a window but the month's cap is used up (code ``usage_capped``): then
    waiting for the window does not help.
    """

    def __init__(
        self,
        operation: str,
        code: str,
        *,
        reset_at: datetime | None = None,
        cap: bool = False,
        status: int | None = None,
        detail: str = "",
        raw: str = "",
        parameters: tuple[str, ...] = (),
        limits: RateLimit | None = None,
        request_id: str = "",
    ) -> None:
        self.reset_at = reset_at
        self.cap = cap
        super().__init__(
            operation,
            code,
            status=status,
            detail=detail,
            raw=raw,
            parameters=parameters,
            limits=limits,
            request_id=request_id,
        )
