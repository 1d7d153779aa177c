"""Rows to posts and threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from publishing.importing.columns import Columns
from publishing.importing.rows import Row
from publishing.importing.types import ParsedItem, ParsedPart, RowError


@dataclass(slots=True)
class _Group:
    """Rows of one item, with the position of each among the file's rows."""

    rows: list[Row]
    places: list[int]


def build_items(rows: list[Row], columns: Columns) -> tuple[list[ParsedItem], list[RowError]]:
    """Items in the order of their first rows, and notes. Rows of one thread key are one thread,
    wherever they stand; each row without a key is a post."""
    groups: list[_Group] = []
    by_key: dict[str, _Group] = {}
    for place, row in enumerate(rows):
        group = by_key.get(row.thread) if row.thread and not row.broken else None
        if group is None:
            group = _Group([], [])
            groups.append(group)
            if row.thread and not row.broken:
                by_key[row.thread] = group
        group.rows.append(row)
        group.places.append(place)
    notes: list[RowError] = []
    items = [_build(group, columns, notes) for group in groups]
    if "thread" in columns.index:
        _refuse_incomplete(items, groups, rows, columns)
    return items, notes


def _build(group: _Group, columns: Columns, notes: list[RowError]) -> ParsedItem:
    first = group.rows[0]
    item = ParsedItem(
        line=first.line,
        lines=[row.line for row in group.rows],
        parts=[ParsedPart(row.line, row.text, row.media, row.poll) for row in group.rows],
        raw=[row.raw for row in group.rows],
        scheduled_time=first.scheduled_time,
        slot=first.slot,
        thread_key=first.thread,
        reply_to_post_id=first.reply,
        community_id=first.community,
        source_url=next((row.link for row in group.rows if row.link), ""),
        labels=list(dict.fromkeys(label for row in group.rows for label in row.labels)),
    )
    for row in group.rows:
        item.errors.extend(row.errors)
        item.errors.extend(_conflicts(first, row, columns))
    if group.places[-1] - group.places[0] >= len(group.places):
        detail = (
            f"Rows of the thread “{first.thread[:40]}” stand apart (lines "
            f"{', '.join(map(str, item.lines[:12]))}) and were joined in the order of the file. "
            "If they are several threads, give each its own name."
        )
        notes.append(RowError(first.line, columns.header("thread"), "thread_apart", detail))
    return item


def _conflicts(first: Row, row: Row, columns: Columns) -> Iterable[RowError]:
    """A thread goes out at one time, from one account, to one place: its first row says which."""
    if row is first:
        return
    pairs = (
        ("scheduled_time", first.scheduled_time, row.scheduled_time),
        ("slot", first.slot, row.slot),
        ("reply", first.reply, row.reply),
        ("community", first.community, row.community),
    )
    for name, of_first, of_row in pairs:
        if of_row is not None and of_row != of_first:
            if name == "scheduled_time" and name not in columns.index:
                name = "date"
            detail = (
                f"This row of the thread differs from its first row (line {first.line}). Leave "
                "the cell empty, or give the row another thread name."
            )
            yield RowError(row.line, columns.header(name), "thread_conflict", detail)


def _refuse_incomplete(
    items: list[ParsedItem], groups: list[_Group], rows: list[Row], columns: Columns
) -> None:
    """A row that can't be read may be a part of a thread: that thread must not go out without it.

    It may belong to a thread beside it or one whose key is among its cells; where a quote never
    closes, the rows it swallowed may belong to any.
    """
    broken = [(place, row) for place, row in enumerate(rows) if row.broken]
    if not broken:
        return
    lines = {place: row.line for place, row in broken}
    in_cells: dict[str, int] = {}
    for _, row in broken:
        for cell in row.raw.values():
            in_cells.setdefault(cell.strip(), row.line)
    swallowed = next(
        (row.line for _, row in broken if row.errors[0].code == "unclosed_quote"), None
    )
    for item, group in zip(items, groups, strict=True):
        if not item.thread_key or group.rows[0].broken:
            continue
        beside = (lines.get(place + step) for place in group.places for step in (-1, 1))
        culprit = swallowed or in_cells.get(item.thread_key)
        culprit = culprit or next((line for line in beside if line), None)
        if culprit:
            detail = (
                f"Line {culprit} can't be read and may be a part of the thread "
                f"“{item.thread_key[:40]}”. Mend that line first."
            )
            column = columns.header("thread")
            item.errors.append(RowError(item.line, column, "thread_incomplete", detail))
