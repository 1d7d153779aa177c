"""Fields and the base serializer of the API: strict, so that a slip never loses anything."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.errors import MalformedError

X_ID = re.compile(r"[0-9]{1,19}")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know, so that a misspelt one is not silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(name for name, f in self.fields.items() if not f.read_only)
                raise ValidationError(
                    {
                        name: [
                            serializers.ErrorDetail(
                                f"There is no field {name}. Known fields: {known}.", "unknown_field"
                            )
                        ]
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)


class AwareDateTimeField(serializers.DateTimeField):
    """ISO 8601 with an offset in, UTC with `Z` out."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-01-31T09:30:00+01:00")
        try:
            moment = parse_datetime(value.strip())
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid", format="2026-01-31T09:30:00+01:00")
        if moment.tzinfo is None:
            raise MalformedError(
                "naive_time",
                f"{self.field_name}: {value} has no offset, so it names no moment. Write it as "
                f"{value.strip()}+00:00, or with the offset you mean, or with Z for UTC.",
            )
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail("invalid", format="2026-01-31T09:30:00+01:00")

    def to_representation(self, value: datetime) -> str:
        return utc(value) or ""


def utc(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class XIdField(serializers.CharField):
    """An id of X: a string of 1 to 19 digits, never a number (JSON numbers lose digits)."""

    default_error_messages = {
        "x_id": 'An X id is a string of 1 to 19 digits, such as "1867530000000000000".'
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not X_ID.fullmatch(data.strip()):
            self.fail("x_id")
        return data.strip()


class TextField(serializers.CharField):
    """Text as a person wrote it: strings only, kept with its white space, without NUL."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class SlotField(serializers.IntegerField):
    """An account slot."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2_147_483_647, **kwargs)
