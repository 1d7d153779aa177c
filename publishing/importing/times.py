"""Dates and times as spreadsheets write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?:\s*(?P<offset>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
)
_YEAR_FIRST = r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
_YEAR_LAST = r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})"
_JOIN = r"(?:\s*[Tt]\s*|,?\s+)"
_PATTERNS = tuple(
    re.compile(rf"{date}(?:{_JOIN}{_CLOCK})?", re.ASCII) for date in (_YEAR_FIRST, _YEAR_LAST)
)
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00)?$")

FORMS = "Write it as 2026-03-01 14:30, or with an offset: 2026-03-01T14:30:00+01:00."
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

Order = Literal["mdy", "dmy"]


class TimeFault(Exception):
    """A date or time that can't be read: ``code`` and ``detail`` as in a RowError."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def looks_like_time(cell: str) -> bool:
    """Whether a cell begins with a date, as the first cell of a Hootsuite row does."""
    cell = cell.strip()
    return len(cell) < 40 and any(pattern.fullmatch(cell) for pattern in _PATTERNS)


@dataclass(frozen=True, slots=True)
class OrderFound:
    """Day/month order of a file, and the first value that shows it. ``mixed`` if both occur."""

    order: Order | None = None
    shown_by: str = ""
    line: int = 1
    mixed: bool = False


def find_order(values: Iterable[tuple[int, str]]) -> OrderFound:
    """Decide the order over all (line, value) of a file: a number above 12 is a day."""
    found = OrderFound()
    for line, value in values:
        parts = _PATTERNS[1].fullmatch(value.strip())
        if not parts or parts["sep"] == ".":
            continue
        order: Order | None = None
        if int(parts["a"]) > 12 >= int(parts["b"]):
            order = "dmy"
        elif int(parts["b"]) > 12 >= int(parts["a"]):
            order = "mdy"
        if order and found.order and order != found.order:
            return OrderFound(None, value.strip(), line, mixed=True)
        if order and not found.order:
            found = OrderFound(order, value.strip(), line)
    return found


def join_date_and_time(date: str, time: str) -> str:
    """One value of separate cells; spreadsheets add a midnight to a date cell."""
    return f"{_MIDNIGHT.sub('', date.strip())} {time.strip()}".strip()


def parse_time(value: str, order: Order | None) -> datetime:
    """A datetime, aware where ``value`` states an offset and naive otherwise.

    Raises:
        TimeFault: ``bad_time`` or ``ambiguous_date``.
    """
    shown = value.strip()[:60]
    parts = next((m for p in _PATTERNS if (m := p.fullmatch(value.strip()))), None)
    if parts is None:
        raise TimeFault("bad_time", f"“{shown}” is not a date and time. {FORMS}")
    if parts["hour"] is None:
        raise TimeFault("bad_time", f"“{shown}” has a date but no time of day. {FORMS}")
    groups = parts.groupdict()
    if "month" in groups:
        month, day = int(groups["month"]), int(groups["day"])
    else:
        month, day = _month_and_day(groups, order, shown)
    year = int(groups["year"]) + (2000 if len(groups["year"]) == 2 else 0)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise TimeFault("bad_time", f"The year of “{shown}” is out of range. {FORMS}")
    hour = _hour(int(groups["hour"]), groups["half"], shown)
    try:
        local = datetime(  # noqa: DTZ001 - aware only where the value states an offset
            year, month, day, hour, int(groups["minute"]), int(groups["second"] or 0)
        )
        return local.replace(tzinfo=_offset(groups["offset"])) if groups["offset"] else local
    except ValueError:
        reading = f", read as {order_name(order)}," if order and "a" in groups else ""
        raise TimeFault(
            "bad_time", f"“{shown}”{reading} is no date and time of the calendar. {FORMS}"
        ) from None


def order_name(order: Order | None) -> str:
    return "day/month/year" if order == "dmy" else "month/day/year"


def _month_and_day(groups: dict[str, str], order: Order | None, shown: str) -> tuple[int, int]:
    a, b = int(groups["a"]), int(groups["b"])
    if groups["sep"] == ".":  # only ever written day first
        return b, a
    if order is None and a != b and a <= 12 and b <= 12:
        raise TimeFault(
            "ambiguous_date",
            f"“{shown}” may be day/month or month/day, and the rest of the file does not tell. "
            "State date_order (dmy or mdy), or write the year first: 2026-03-01 14:30.",
        )
    day_first = order == "dmy" or (order is None and a > 12)
    return (b, a) if day_first else (a, b)


def _hour(hour: int, half: str | None, shown: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise TimeFault("bad_time", f"“{shown}” has AM or PM with an hour above 12. {FORMS}")
    return hour % 12 + (12 if half in "Pp" else 0)


def _offset(text: str) -> timezone:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)
