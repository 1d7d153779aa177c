"""Time zones by name, and local times to UTC at the edges of daylight saving."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=1024)
def find_zone(name: str) -> tzinfo | None:
    """A zone by IANA name (any case), ``UTC``/``Z``, or an offset such as ``+02:00``."""
    wanted = name.strip().replace(" ", "_")
    if wanted.casefold() in ("utc", "z", "gmt"):
        return UTC
    offset = _OFFSET.fullmatch(wanted)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        # The widest offset in use is +14:00.
        if hours * 60 + minutes > 14 * 60:
            return None
        span = timedelta(hours=hours, minutes=minutes)
        return timezone(span if offset[1] == "+" else -span)
    known = _names().get(wanted.casefold())
    return ZoneInfo(known) if known else None


def unknown_zone(name: str) -> str:
    """The sentence for a zone that `find_zone` does not find."""
    shown = name.strip()[:60]
    near = difflib.get_close_matches(shown.replace(" ", "_").casefold(), _names(), n=1, cutoff=0.7)
    hint = f" Did you mean {_names()[near[0]]}?" if near else ""
    return f"“{shown}” is not a time zone.{hint} Write a name such as Europe/Berlin, or UTC."


def to_utc(local: datetime, zone: tzinfo) -> tuple[datetime, str, str]:
    """UTC of a naive local time, with ``dst_gap``, ``dst_overlap`` or "" and what to say of it.

    In an overlap the first occurrence is taken; in a gap the first valid time after it.
    """
    earlier, later = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    before, after = earlier.utcoffset(), later.utcoffset()
    utc = earlier.astimezone(UTC)
    if before == after or before is None or after is None:
        return utc, "", ""
    if before > after:
        detail = (
            f"{local:%Y-%m-%d %H:%M} happens twice in {zone} as the clocks go back; the first "
            f"one, {earlier.isoformat()}, was taken. For the other write {later.isoformat()}."
        )
        return utc, "dst_overlap", detail
    valid = _end_of_gap(later.astimezone(UTC), utc, zone, before)
    shown = valid.astimezone(zone)
    detail = (
        f"{local:%Y-%m-%d %H:%M} does not exist in {zone}: the clocks go forward over it. The "
        f"nearest valid time is {shown:%Y-%m-%d %H:%M} ({shown.isoformat()})."
    )
    return valid, "dst_gap", detail


def _end_of_gap(low: datetime, high: datetime, zone: tzinfo, before: timedelta) -> datetime:
    """First instant after the transition, which lies in (``low``, ``high``]."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    # Transitions fall on whole seconds; halving leaves `high` less than one after it.
    return high.replace(microsecond=0)
