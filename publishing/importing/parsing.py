"""A CSV file of posts: bytes in, posts and threads with every fault by line and column out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from publishing.importing.columns import (
    HOOTSUITE_COLUMNS,
    Columns,
    assign,
    field_of,
    format_of_headers,
    normalise,
)
from publishing.importing.decoding import decode
from publishing.importing.records import DELIMITERS, Record, read_records, separator_line
from publishing.importing.rows import FAULTS, Row, RowReader, Rules, time_cells
from publishing.importing.threads import build_items
from publishing.importing.times import Order, find_order, looks_like_time, order_name
from publishing.importing.types import DateOrder, FileFormat, ParsedFile, RowError
from publishing.importing.zones import find_zone, unknown_zone

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
# X's limit for accounts without a subscription, in weighted characters.
MAX_LENGTH = 280
_SAMPLE_RECORDS = 40


@dataclass(frozen=True, slots=True)
class _Source:
    """Text to read: where it goes on after a ``sep=`` line, and the delimiter."""

    text: str
    start: int
    line: int
    delimiter: str

    def records(self, limit: int) -> list[Record]:
        """The first ``limit`` records that are not blank."""
        found = read_records(self.text, self.delimiter, self.start, self.line)
        return list(islice((record for record in found if not record.blank), limit))


def parse(
    data: bytes,
    *,
    default_zone: str,
    now: datetime,
    length: Callable[[str], int],
    zone_override: str | None = None,
    format: FileFormat = "auto",
    date_order: DateOrder = "auto",
    mapping: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    max_length: int = MAX_LENGTH,
) -> ParsedFile:
    """Read a file of posts. Whatever the bytes are, nothing is raised: faults are in the result.

    Args:
        data: the file. Encoding (UTF-8, UTF-16, else cp1252) and delimiter are found out.
        default_zone: zone of times without offset; ``zone_override`` goes before it, and a row's
            own timezone cell before both. IANA names.
        now: aware; times more than five minutes before it are errors.
        length: X's weighted length of a text; above ``max_length`` a text is an error.
        date_order: for 03/04/2026. ``auto`` looks for a number above 12 in the whole file.
        mapping: header -> field (a key of `columns.ALIASES`) or "" to leave the column out.
        max_bytes, max_rows: caps; a file above one is refused as a whole.
    """
    zone_name = zone_override or default_zone
    parsed = ParsedFile(format="xmanager" if format == "auto" else format, zone=zone_name)
    decoded = decode(data, max_bytes=max_bytes)
    parsed.encoding = decoded.encoding
    if decoded.note:
        parsed.notes.append(decoded.note)
    if decoded.error:
        parsed.errors.append(decoded.error)
        return parsed
    zone = find_zone(zone_name)
    if zone is None:
        parsed.errors.append(RowError(1, "", "unknown_timezone", unknown_zone(zone_name)))
        return parsed
    source = _open(decoded.text, mapping)
    parsed.delimiter = source.delimiter
    # One for the header and one to see that there are too many.
    records = source.records(max_rows + 2)
    columns, body = _columns_and_body(parsed, records, format, mapping)
    if parsed.errors:
        return parsed
    if len(body) > max_rows:
        detail = (
            f"The file has more than the {max_rows:,} rows that are read at once. Split it "
            "before this line; keep the rows of a thread together."
        )
        parsed.errors.append(RowError(body[max_rows].line, "", "too_many_rows", detail))
        return parsed
    parsed.date_order = (
        _find_date_order(parsed, columns, body) if date_order == "auto" else date_order
    )
    # A link of Hootsuite's is a part of the post; its rows end after the message without one.
    hootsuite = parsed.format == "hootsuite"
    rules = Rules(zone, now, length, max_length, parsed.date_order, append_link=hootsuite)
    reader = RowReader(columns, rules, width=None if hootsuite else len(records[0].cells))
    rows = [reader.read(record) for record in body]
    _fill(parsed, rows, columns)
    return parsed


def _open(text: str, mapping: Mapping[str, str] | None) -> _Source:
    text = text.removeprefix("\ufeff")
    named = separator_line(text)
    if named:
        return _Source(text, named[1], 2, named[0])
    mapped = {normalise(header) for header in mapping or ()}
    return max(
        (_Source(text, 0, 1, delimiter) for delimiter in DELIMITERS),
        key=lambda source: _delimiter_score(source, mapped),
    )


def _delimiter_score(source: _Source, mapped: set[str]) -> tuple[int, float, int]:
    """How well a delimiter fits: known headers (or dates in front) first, then even rows."""
    found = read_records(source.text, source.delimiter)
    sample = [record for record in islice(found, _SAMPLE_RECORDS) if not record.blank]
    if not sample:
        return 0, 0.0, 0
    head, width = sample[0].cells, len(sample[0].cells)
    known = sum(1 for cell in head if field_of(cell) or normalise(cell) in mapped)
    if not known and width > 1 and looks_like_time(head[0]):
        known = 2
    even = sum(1 for record in sample if len(record.cells) == width) / len(sample)
    return known, even, width


def _columns_and_body(
    parsed: ParsedFile,
    records: list[Record],
    wanted: FileFormat,
    mapping: Mapping[str, str] | None,
) -> tuple[Columns, list[Record]]:
    if not records:
        detail = "The file is empty. Its first line names the columns, then one row for each post."
        parsed.errors.append(RowError(1, "", "empty_file", detail))
        return Columns([]), []
    head = records[0]
    headless = looks_like_time(head.cells[0]) and wanted in ("auto", "hootsuite")
    if headless:
        parsed.format = "hootsuite"
        columns, body = assign(list(HOOTSUITE_COLUMNS), head.line, mapping), records
    else:
        if wanted == "auto":
            parsed.format = format_of_headers(head.cells)
        columns, body = assign(head.cells, head.line, mapping), records[1:]
    parsed.columns_recognised = columns.recognised
    parsed.columns_ignored = columns.ignored
    parsed.notes.extend(columns.notes)
    parsed.rows = len(body)
    if head.fault and not headless:
        parsed.errors.append(RowError(head.fault_line, "", head.fault, FAULTS[head.fault]))
    parsed.errors.extend(columns.errors)
    if not parsed.errors and not body:
        detail = "The file has column names and no rows. Add a row for each post."
        parsed.errors.append(RowError(head.line, "", "no_rows", detail))
    return columns, body


def _find_date_order(parsed: ParsedFile, columns: Columns, body: list[Record]) -> Order | None:
    """The order of day and month that the file's own dates show, told in a note."""
    found = find_order(
        (record.line, time_cells(columns, record)[1]) for record in body if not record.fault
    )
    column = columns.header("date" if "date" in columns.index else "scheduled_time")
    if found.order:
        detail = (
            f"Dates were read as {order_name(found.order)}, as “{found.shown_by}” shows. If "
            "that is wrong, state date_order."
        )
        parsed.notes.append(RowError(found.line, column, "date_order_found", detail))
    elif found.mixed:
        detail = (
            f"“{found.shown_by}” has day and month in another order than a date before it, so "
            "dates that may be either are errors. Write the year first: 2026-03-01 14:30."
        )
        parsed.notes.append(RowError(found.line, column, "date_order_mixed", detail))
    return found.order


def _fill(parsed: ParsedFile, rows: list[Row], columns: Columns) -> None:
    items, notes = build_items(rows, columns)
    parsed.items = items
    parsed.notes.extend(notes)
    for row in rows:
        parsed.notes.extend(row.notes)
    linked = [row for row in rows if row.link]
    if linked and parsed.format == "hootsuite":
        detail = "Links that a text did not contain were put at its end, as Hootsuite does."
        column = columns.header("link")
        parsed.notes.append(RowError(linked[0].line, column, "link_appended", detail))
    untimed = [item for item in items if item.scheduled_time is None and item.ok]
    if untimed:
        detail = f"{len(untimed)} of {len(items)} posts state no time, this one first."
        column = columns.header("scheduled_time") if "scheduled_time" in columns.index else ""
        parsed.notes.append(RowError(untimed[0].line, column, "no_time", detail))
    parsed.errors.extend(error for item in items for error in item.errors)
    parsed.errors.sort(key=lambda error: error.line)
    parsed.notes.sort(key=lambda note: note.line)
