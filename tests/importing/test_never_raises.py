"""Whatever comes in, an answer comes out; and a long file takes seconds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publishing.importing import ParsedFile
from publishing.importing.columns import ALIASES
from tests.importing.samples import TIME, read

CELLS = st.one_of(
    st.sampled_from(
        ("", " ", '"', '""', '"a', "03/04/2026 10:00", "2026-03-29 02:30", "1", "|", "a|b")
    ),
    st.sampled_from(("https://x.com/a/status/1", "http://[", "Europe/Berlin", "\x00", "\ufeff")),
    st.text(max_size=30),
)
HEADERS = st.lists(st.one_of(st.sampled_from(sorted(ALIASES)), st.text(max_size=8)), max_size=8)
OPTIONS = st.fixed_dictionaries(
    {
        "format": st.sampled_from(["auto", "xmanager", "hootsuite", "buffer"]),
        "date_order": st.sampled_from(["auto", "mdy", "dmy"]),
        "zone_override": st.one_of(st.none(), st.just("Europe/Berlin"), st.text(max_size=10)),
        "mapping": st.one_of(st.none(), st.dictionaries(st.text(max_size=5), st.text(max_size=5))),
    }
)


def check(parsed: ParsedFile) -> None:
    """What holds of every answer."""
    assert parsed.items or parsed.errors
    lines = [line for item in parsed.items for line in item.lines]
    assert len(lines) == len(set(lines)) or not parsed.importable
    assert len(lines) in (0, parsed.rows)
    for error in parsed.errors + parsed.notes:
        assert error.line >= 1
        assert error.code
        assert error.detail
    for item in parsed.importable:
        assert item.parts
        assert item.scheduled_time is None or item.scheduled_time.tzinfo is not None


@given(st.binary(max_size=400), OPTIONS)
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes(data: bytes, options: dict[str, object]) -> None:
    check(read(data, **options))


@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-8-sig"]))
@settings(max_examples=300, deadline=None)
def test_arbitrary_text(text: str, encoding: str) -> None:
    check(read(text.encode(encoding, errors="replace")))


@given(
    HEADERS,
    st.lists(st.lists(CELLS, max_size=9), max_size=8),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    OPTIONS,
)
@settings(max_examples=400, deadline=None)
def test_arbitrary_tables(
    headers: list[str],
    rows: list[list[str]],
    delimiter: str,
    ending: str,
    options: dict[str, object],
) -> None:
    table = ending.join(delimiter.join(cells) for cells in [["text", *headers], *rows])
    check(read(table.encode("utf-8", errors="replace"), **options))


ROW = f'"Post number %d, with ""quotes"" and\na second line",{TIME},Europe/Berlin,1,,a.png,A,x,,\n'
LONG = {
    "posts": "text,scheduled_time,tz,slot,thread,media,alt,labels,reply,link\n"
    + "".join(ROW % number for number in range(10_000)),
    "only quotes": '"' * 4_000_000,
    "only delimiters": "text\n" + "," * 4_000_000,
    "open quotes": "text,slot\n" + ', "' * 3_000_000,
    "blank rows": "text,slot\n" + ",\r\n" * 1_000_000,
    "empty lines": "text,slot\n" + "\r\n" * 2_000_000 + "a,1",
    "short rows": "a\n" * 5_000_000,
    "one thread": "text,thread\n" + "a,T\n" * 10_000,
    "broken rows": "text,thread\n" + "a,b,c\n" * 10_000,
}


@pytest.mark.parametrize("name", LONG)
def test_long_files_take_seconds(name: str) -> None:
    began = time.perf_counter()
    parsed = read(LONG[name])
    assert time.perf_counter() - began < 3
    check(parsed)
    if name == "posts":
        assert len(parsed.importable) == 10_000
