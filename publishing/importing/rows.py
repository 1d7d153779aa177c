"""One record to one row: every field read and checked, every fault told with its column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from publishing.importing import cells
from publishing.importing.columns import Columns
from publishing.importing.records import MAX_CELLS, Record
from publishing.importing.times import Order, TimeFault, join_date_and_time, parse_time
from publishing.importing.types import ParsedMedia, ParsedPoll, RowError
from publishing.importing.zones import find_zone, to_utc, unknown_zone

# A time this little in the past is a file that was a while on its way, not a mistake.
PAST_ALLOWED = timedelta(minutes=5)
MAX_CELL_CHARS = 10_000

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row is read against. ``append_link`` puts a link that the text lacks at its end."""

    zone: tzinfo
    now: datetime
    length: Callable[[str], int]
    max_length: int
    order: Order | None
    append_link: bool


@dataclass(slots=True)
class Row:
    """A row as read; ``broken`` if its cells can't be told apart, so that no field is sure."""

    line: int
    raw: dict[str, str]
    broken: bool = False
    text: str = ""
    scheduled_time: datetime | None = None
    slot: int | None = None
    thread: str = ""
    media: list[ParsedMedia] = field(default_factory=list)
    poll: ParsedPoll | None = None
    labels: list[str] = field(default_factory=list)
    reply: str | None = None
    community: str | None = None
    link: str = ""
    errors: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)


def time_cells(columns: Columns, record: Record) -> tuple[str, str]:
    """The field a row's time comes from, and the time as written."""
    if "date" not in columns.index:
        return "scheduled_time", columns.cell(record.cells, "scheduled_time")
    date, time = columns.cell(record.cells, "date"), columns.cell(record.cells, "time")
    return ("date" if date or not time else "time"), join_date_and_time(date, time)


class RowReader:
    """Reads records of one file, whose columns and rules are the same throughout."""

    def __init__(self, columns: Columns, rules: Rules, *, width: int | None) -> None:
        """``width`` is the number of cells a row must have, None where empty ones may lack."""
        self.columns = columns
        self.rules = rules
        self.width = width

    def read(self, record: Record) -> Row:
        row = Row(record.line, self._raw(record))
        self._check_shape(record, row)
        if row.broken:
            row.thread = self._cell(record, "thread")
            return row
        row.thread = self._cell(record, "thread")
        row.slot = self._read(record, row, "slot", cells.slot)
        row.labels = self._read(record, row, "labels", cells.labels) or []
        row.link = self._read(record, row, "link", cells.link) or ""
        row.reply = self._read_id(record, row, "reply", cells.post_id)
        row.community = self._read_id(record, row, "community", cells.community_id)
        self._read_media(record, row)
        self._read_poll(record, row)
        self._read_text(record, row)
        self._read_time(record, row)
        return row

    def _cell(self, record: Record, name: str) -> str:
        return self.columns.cell(record.cells, name)

    def _raw(self, record: Record) -> dict[str, str]:
        named = zip(self.columns.headers, record.cells, strict=False)
        return {header: cell for header, cell in named if header}

    def _fail(self, row: Row, name: str, code: str, detail: str) -> None:
        row.errors.append(RowError(row.line, self.columns.header(name), code, detail))

    def _note(self, row: Row, name: str, code: str, detail: str) -> None:
        row.notes.append(RowError(row.line, self.columns.header(name), code, detail))

    def _check_shape(self, record: Record, row: Row) -> None:
        """Faults by which cells may be in the wrong column, or hold what no text holds."""
        headers = self.columns.headers
        if record.fault:
            row.broken = True
            column = headers[record.fault_cell] if record.fault_cell < len(headers) else ""
            detail = FAULTS[record.fault]
            row.errors.append(RowError(record.fault_line, column, record.fault, detail))
            return
        count, width = len(record.cells), self.width
        # Even if the cells too many are empty, an unquoted comma has moved the others.
        if any(cell.strip() for cell in record.cells[len(headers) :]) or count != (width or count):
            row.broken = True
            many = count > (width or len(headers))
            code = "too_many_columns" if many else "too_few_columns"
            detail = (
                f"The row has {count} cells and the file {width or len(headers)} columns. "
                "Put a cell that contains the delimiter or a line break in double quotes, and "
                "leave empty cells in place."
            )
            row.errors.append(RowError(row.line, "", code, detail))
            return
        for header, cell in zip(headers, record.cells, strict=False):
            if len(cell) > MAX_CELL_CHARS:
                detail = (
                    f"The cell has {len(cell):,} characters, and at most {MAX_CELL_CHARS:,} are "
                    "read. Look for a double quote that is missing, or shorten it."
                )
                row.errors.append(RowError(row.line, header, "cell_too_large", detail))
            elif "\x00" in cell:
                detail = "The cell contains a NUL byte, which no text has. Type it anew."
                row.errors.append(RowError(row.line, header, "nul_byte", detail))
        row.broken = bool(row.errors)

    def _read(
        self, record: Record, row: Row, name: str, reader: Callable[[str], _Value]
    ) -> _Value | None:
        cell = self._cell(record, name)
        if not cell:
            return None
        try:
            return reader(cell)
        except cells.CellFault as fault:
            self._fail(row, name, fault.code, fault.detail)
            return None

    def _read_id(
        self, record: Record, row: Row, name: str, reader: Callable[[str], str]
    ) -> str | None:
        found = self._read(record, row, name, reader)
        if found and cells.maybe_rounded(found):
            detail = (
                f"The id {found} ends in zeros, as a spreadsheet leaves it that rounds long "
                "numbers. Check it against the address of what it names."
            )
            self._note(row, name, "id_maybe_rounded", detail)
        return found

    def _read_media(self, record: Record, row: Row) -> None:
        before = len(row.errors)
        found = self._read(record, row, "media", cells.media) or []
        if len(row.errors) > before:  # the alt texts can't be matched to what was not read
            return
        alt_text = self._cell(record, "alt_text")
        try:
            row.media = cells.with_alt_text(found, alt_text)
        except cells.CellFault as fault:
            self._fail(row, "alt_text", fault.code, fault.detail)

    def _read_poll(self, record: Record, row: Row) -> None:
        options, minutes = self._cell(record, "poll"), self._cell(record, "poll_minutes")
        if not options:
            if minutes:
                detail = "A poll's length is given without its options. Add them, separated by |."
                self._fail(row, "poll_minutes", "bad_poll_minutes", detail)
            return
        try:
            row.poll = cells.poll(options, minutes)
        except cells.CellFault as fault:
            at = "poll_minutes" if fault.code == "bad_poll_minutes" else "poll"
            self._fail(row, at, fault.code, fault.detail)
            return
        if self._cell(record, "media"):
            detail = "X takes a poll or media with one post, not both. Remove one of them."
            self._fail(row, "poll", "poll_with_media", detail)

    def _read_text(self, record: Record, row: Row) -> None:
        text = re.sub(r"\r\n?", "\n", self._cell(record, "text"))
        if self.rules.append_link and row.link and row.link not in text:
            text = f"{text} {row.link}".strip()
        row.text = text
        if not text:
            if not self._cell(record, "media"):
                detail = "The post has no text. Write one, or name a picture or video."
                self._fail(row, "text", "empty_text", detail)
            return
        weight = self.rules.length(text)
        if weight > self.rules.max_length:
            over = weight - self.rules.max_length
            detail = (
                f"The text has a weighted length of {weight}, and X takes "
                f"{self.rules.max_length}: links count 23, emoji and wide characters 2. "
                f"Shorten it by {over}, or make it a thread."
            )
            self._fail(row, "text", "too_long", detail)

    def _read_time(self, record: Record, row: Row) -> None:
        zone: tzinfo | None = self.rules.zone
        zone_cell = self._cell(record, "timezone")
        if zone_cell:
            zone = find_zone(zone_cell)
            if zone is None:
                self._fail(row, "timezone", "unknown_timezone", unknown_zone(zone_cell))
        name, value = time_cells(self.columns, record)
        if not value:
            return
        try:
            stated = parse_time(value, self.rules.order)
        except TimeFault as fault:
            self._fail(row, name, fault.code, fault.detail)
            return
        if stated.tzinfo is not None:
            moment = stated.astimezone(UTC)
        elif zone is None:
            return
        else:
            moment, code, detail = to_utc(stated, zone)
            if code == "dst_gap":
                self._fail(row, name, code, detail)
                return
            if code:
                self._note(row, name, code, detail)
        if moment < self.rules.now - PAST_ALLOWED:
            detail = (
                f"{moment:%Y-%m-%d %H:%M} UTC is in the past. Give a time to come; if the time is "
                "right, look at the time zone."
            )
            self._fail(row, name, "in_past", detail)
            return
        row.scheduled_time = moment


FAULTS = {
    "unclosed_quote": (
        "The double quote that opens here is never closed, so the rest of the file could not be "
        "read. Close it, and write a double quote inside a cell twice."
    ),
    "stray_quote": (
        "The cell that opens with a double quote here goes on after its closing quote. Write a "
        "double quote inside a cell twice, and look for one that is missing."
    ),
    "too_many_columns": (
        f"The line has more than {MAX_CELLS} cells. Remove what is not part of a post, or look "
        "for a line end that is missing."
    ),
}
