"""Quotes, cells, rows and caps: faults of the file's build, by line."""

from __future__ import annotations

import pytest

from tests.importing.samples import places, read


def test_quoted_line_ends_count_as_lines_of_the_file() -> None:
    parsed = read('text,slot\r\n"a\r\nb\r\nc",1\r\n"d\ne",x\r\n\r\nf,y\r\n')
    assert places(parsed.errors) == [(5, "slot", "bad_slot"), (8, "slot", "bad_slot")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("too,many,1", (2, "", "too_many_columns")),
        ("a comma, moved,", (2, "", "too_many_columns")),
        ("," * 300 + "x", (2, "", "too_many_columns")),
        ("alone", (2, "", "too_few_columns")),
        ('"opens here,1\nnext,1', (2, "text", "unclosed_quote")),
        ('"She said "hi" to me",1', (2, "text", "stray_quote")),
        ('"one\ntwo" three,1', (2, "text", "stray_quote")),
        ('fine,"\nnever closed', (2, "slot", "unclosed_quote")),
        ("x" * 10_001 + ",1", (2, "text", "cell_too_large")),
    ],
)
def test_rows_that_cannot_be_told_apart(row: str, expected: tuple[int, str, str]) -> None:
    parsed = read(f"text,slot\n{row}\n")
    assert places(parsed.errors) == [expected]
    assert parsed.importable == []
    assert row.startswith(parsed.items[0].raw[0]["text"][:3])


def test_rows_after_a_stray_quote_are_read() -> None:
    parsed = read('text,slot\n"a "b" c",1\nfine,2\n')
    assert [item.slot for item in parsed.importable] == [2]


def test_a_quote_within_an_unquoted_cell_is_text() -> None:
    parsed = read('text,slot\n5" nails and "more",1\n "so" it goes,1\n')
    assert [item.parts[0].text for item in parsed.importable] == [
        '5" nails and "more"',
        '"so" it goes',
    ]


def test_empty_rows_and_trailing_delimiters_are_nothing() -> None:
    parsed = read("text,slot,,\n,,,\nHi,1,,\n\n,,,\n")
    assert parsed.errors == []
    assert [item.line for item in parsed.items] == [3]
    assert parsed.rows == 1


def test_rows_of_empty_quotes_are_nothing_and_a_quote_alone_is_text() -> None:
    parsed = read('text,slot\n"",""\n"" , ""\n"""",1\n"" \n')
    assert [(item.line, item.parts[0].text) for item in parsed.items] == [(4, '"')]


def test_too_many_rows_reads_none_and_says_where_to_split() -> None:
    source = "text\n" + "".join(f"post {number}\n" for number in range(6))
    assert len(read(source, max_rows=6).importable) == 6
    parsed = read(source, max_rows=5)
    assert places(parsed.errors) == [(7, "", "too_many_rows")]
    assert parsed.items == []


def test_a_header_of_too_many_columns() -> None:
    parsed = read("text," + ",".join(f"c{number}" for number in range(300)) + "\na\n")
    assert (1, "", "too_many_columns") in places(parsed.errors)
    assert parsed.items == []


def test_too_many_bytes() -> None:
    assert read(b"text\nabc", max_bytes=8).errors == []
    assert places(read(b"text\nabcd", max_bytes=8).errors) == [(1, "", "file_too_large")]


def test_errors_are_in_the_order_of_the_file() -> None:
    parsed = read("text,slot,thread\na,x,T\nb,y,\nc,z,T\n")
    assert [error.line for error in parsed.errors] == [2, 3, 4]
    assert [len(item.errors) for item in parsed.items] == [2, 1]


def test_errors_say_what_to_do() -> None:
    parsed = read("text,slot,link\n,x,y\na,1\n")
    for error in parsed.errors:
        assert len(error.detail.split(". ")) >= 2, error
