"""How these tests call the parser: one fixed clock, one zone, and plain length."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publishing.importing import ParsedFile, RowError, parse

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
FILES = Path(__file__).parent / "files"
TIME = "2026-03-01 14:30"


def read(source: str | bytes, **options: Any) -> ParsedFile:
    data = source.encode() if isinstance(source, str) else source
    given = {"default_zone": "UTC", "now": NOW, "length": len, **options}
    return parse(data, **given)


def places(found: list[RowError]) -> list[tuple[int, str, str]]:
    return [(error.line, error.column, error.code) for error in found]
