"""Errors that services raise. Doors turn them into an HTTP answer, a message or an exit code."""

from __future__ import annotations

from typing import Any


class XManagerError(Exception):
    """A refusal with a stable code and a sentence for people (cause, then next step).

    `final`: asking again unchanged can't help, neither time nor a person changes the answer.
    `fields`: `[{"field", "code", "detail"}]`. `extra`: members added to the problem document.
    """

    final = True

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        fields: list[dict[str, str]] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fields = fields or []
        self.extra = extra or {}


class InvalidError(XManagerError):
    """The content can't be accepted as it is (422)."""

    @classmethod
    def of(cls, field: str, code: str, detail: str) -> InvalidError:
        return cls("validation", detail, fields=[{"field": field, "code": code, "detail": detail}])


class MalformedError(XManagerError):
    """The request can't be read as what it should be (400)."""


class MissingError(XManagerError):
    """There is no such object, or not for this principal (404)."""


class ForbiddenError(XManagerError):
    """This principal may not do that (403)."""

    final = False


class ConflictError(XManagerError):
    """The object is in a state that does not allow this (409)."""

    final = False


class PausedError(XManagerError):
    """A pause holds effects that would leave now (423)."""

    final = False


class UndecryptableError(Exception):
    """A stored secret does not open with any key of FIELD_ENCRYPTION_KEY."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(
            f"{model}.{field} can't be decrypted with the keys in FIELD_ENCRYPTION_KEY. "
            "Add the key it was written with, or connect the account again."
        )
