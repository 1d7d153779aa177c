"""Text to records: cells, with the physical line each record begins on.

The standard csv module can't say where an unclosed quote opened, stops at the first fault, and
keeps its cell limit in a process-wide setting; this scanner reports and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_SEP_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
# Possessive, so that a long cell is one pass and no stack.
_INSIDE_QUOTES = re.compile(r'(?:[^"]++|"")*+')
_REST_OF_LINE = re.compile("[^\r\n]*")
DELIMITERS = (",", ";", "\t")
# No file of posts has so many; a line of delimiters alone would take memory and time.
MAX_CELLS = 200


@dataclass(slots=True)
class Record:
    """One record. ``fault`` is "" or the code of what keeps its cells from being told apart
    (``unclosed_quote``, ``stray_quote``, ``too_many_columns``).

    ``fault_line`` is the line it is on and ``fault_cell`` the cell's index from 0.
    """

    line: int
    cells: list[str] = field(default_factory=list)
    fault: str = ""
    fault_line: int = 0
    fault_cell: int = 0

    @property
    def blank(self) -> bool:
        return not self.fault and not any(cell.strip() for cell in self.cells)


def separator_line(text: str) -> tuple[str, int] | None:
    """Excel's first line ``sep=;``: the delimiter it names, and where the text goes on."""
    found = _SEP_LINE.match(text)
    return (found[1], found.end()) if found else None


def line_breaks(text: str) -> int:
    """Line ends in ``text``: CRLF, LF or CR, each counted once."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


@lru_cache(maxsize=16)
def _bare_cell(delimiter: str) -> re.Pattern[str]:
    return re.compile(f"[^\r\n{re.escape(delimiter)}]*")


@lru_cache(maxsize=16)
def _blank_lines(delimiter: str) -> re.Pattern[str]:
    """Whole lines of empty cells; a sheet may end in a million of them."""
    gap = f"[ {re.escape(delimiter)}]"
    empty_quotes = f'""(?=[ {re.escape(delimiter)}\r\n])'
    return re.compile(f"(?:(?:{gap}|{empty_quotes})*+(?:\r\n|\r|\n))++")


@lru_cache(maxsize=16)
def _padding(delimiter: str) -> re.Pattern[str]:
    return re.compile(" *" if delimiter == "\t" else "[ \t]*")


def read_records(text: str, delimiter: str, start: int = 0, line: int = 1) -> Iterator[Record]:
    """Records of ``text`` from offset ``start``, which is on line ``line``; never raises."""
    bare, padding = _bare_cell(delimiter), _padding(delimiter)
    blank_lines = _blank_lines(delimiter)
    position, end = start, len(text)
    while position < end:
        empty = blank_lines.match(text, position)
        if empty:
            position, line = empty.end(), line + line_breaks(empty[0])
            continue
        record = Record(line)
        while True:
            if len(record.cells) == MAX_CELLS:
                record.fault = record.fault or "too_many_columns"
                record.fault_line, record.fault_cell = line, MAX_CELLS
                position = _end(_REST_OF_LINE, text, position)
                break
            position, line = _read_cell(text, position, line, record, delimiter, bare, padding)
            if position < end and text[position] == delimiter:
                position += 1
                continue
            break
        yield record
        if position < end:  # on a line end
            position += 2 if text.startswith("\r\n", position) else 1
            line += 1


def _read_cell(
    text: str,
    position: int,
    line: int,
    record: Record,
    delimiter: str,
    bare: re.Pattern[str],
    padding: re.Pattern[str],
) -> tuple[int, int]:
    """Append the cell at ``position``; gives the offset after it and the line reached."""
    quote = _end(padding, text, position)
    if text[quote : quote + 1] == '"':
        close = _closing_quote(text, quote + 1)
        after = _end(padding, text, close + 1) if close >= 0 else -1
        clean = after >= 0 and (after == len(text) or text[after] in (delimiter, "\r", "\n"))
        if clean:
            inner = text[quote + 1 : close]
            record.cells.append(inner.replace('""', '"'))
            return after, line + line_breaks(inner)
        if quote == position:
            return _read_faulty(text, position, close, line, record, bare)
    stop = _end(bare, text, position)
    record.cells.append(text[position:stop])
    return stop, line


def _read_faulty(
    text: str, position: int, close: int, line: int, record: Record, bare: re.Pattern[str]
) -> tuple[int, int]:
    """A quoted cell that never closes, or goes on after its closing quote."""
    if not record.fault:
        record.fault_line, record.fault_cell = line, len(record.cells)
        record.fault = "unclosed_quote" if close < 0 else "stray_quote"
    stop = len(text) if close < 0 else _end(bare, text, close + 1)
    cell = text[position:stop]
    record.cells.append(cell)
    return stop, line + line_breaks(cell)


def _closing_quote(text: str, position: int) -> int:
    """Offset of the quote that closes a cell whose inside begins at ``position``, or -1."""
    end = _end(_INSIDE_QUOTES, text, position)
    return end if end < len(text) else -1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
