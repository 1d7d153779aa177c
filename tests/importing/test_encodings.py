"""Encodings, delimiters, line ends, and files that are no CSV."""

from __future__ import annotations

import codecs

import pytest

from tests.importing.samples import TIME, places, read

SOURCE = f"text,scheduled_time\nGrüße – “hello”,{TIME}\n"
CYRILLIC = f"text,scheduled_time\nПривет всем и каждому из вас,{TIME}\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (SOURCE.encode(), "utf-8"),
        (SOURCE.encode("utf-8-sig"), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + SOURCE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + SOURCE.encode("utf-16-be"), "utf-16-be"),
        (SOURCE.encode("utf-16-le"), "utf-16-le"),
        (SOURCE.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + SOURCE.encode("utf-32-le"), "utf-32-le"),
        (SOURCE.encode("cp1252"), "cp1252"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    parsed = read(data)
    assert parsed.encoding == encoding
    assert parsed.errors == []
    assert parsed.items[0].parts[0].text == "Grüße – “hello”"
    assert list(parsed.columns_recognised) == ["text", "scheduled_time"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_of_another_script_without_a_mark(encoding: str) -> None:
    parsed = read(CYRILLIC.encode(encoding))
    assert parsed.encoding == encoding
    assert parsed.items[0].parts[0].text.startswith("Привет")


def test_a_guessed_encoding_is_told_with_its_line() -> None:
    parsed = read(SOURCE.encode("cp1252"))
    assert places(parsed.notes) == [(2, "", "encoding_guessed")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, ending: str) -> None:
    lines = [["text", "slot"], ['"a, b; c\td\r\ne"', "1"], ["second", "no"]]
    parsed = read(ending.join(delimiter.join(line) for line in lines))
    assert parsed.delimiter == delimiter
    assert parsed.items[0].parts[0].text == "a, b; c\td\ne"
    assert places(parsed.errors) == [(4, "slot", "bad_slot")]


@pytest.mark.parametrize(
    ("source", "delimiter", "text"),
    [
        ("text\nOne, two, three\nFour\n", None, "One, two, three"),
        ("text;link\nOne, two, three, four;\n", ";", "One, two, three, four"),
        ("sep=|\ntext|slot\nHi, you|1\n", "|", "Hi, you"),
        ('text, slot\n"Hi, you" , 1\n', ",", "Hi, you"),
        ('text, slot, labels\n Hi , 1, "a, b"\n', ",", "Hi"),
    ],
)
def test_delimiter_is_found(source: str, delimiter: str | None, text: str) -> None:
    parsed = read(source)
    assert parsed.errors == []
    assert delimiter in (None, parsed.delimiter)
    assert parsed.items[0].parts[0].text == text


def test_lines_count_from_a_separator_line() -> None:
    parsed = read("sep=;\r\ntext;slot\r\nHi;none\r\n")
    assert places(parsed.errors) == [(3, "slot", "bad_slot")]


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        (b"", 1, "empty_file"),
        (b"\xef\xbb\xbf", 1, "empty_file"),
        (b" \r\n\t\r\n", 1, "empty_file"),
        (b",,,\n,,\n", 1, "empty_file"),
        (b"PK\x03\x04" + bytes(100), 1, "not_csv"),
        (b"%PDF-1.7 ...", 1, "not_csv"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), 1, "not_csv"),
        (bytes(range(256)) * 4, 1, "not_csv"),
        (bytes(1000), 1, "not_csv"),
        (b"text\n" + bytes(range(32)) * 9, 1, "not_csv"),
        ("text\nGr\u00fc\u00dfe\n".encode() + b"caf\xe9\n", 3, "bad_encoding"),
        (b"text\nabc\n\x81\x8d\n", 3, "bad_encoding"),
        (b"\xef\xbb\xbftext\ncaf\xe9\n", 2, "bad_encoding"),
        (codecs.BOM_UTF16_LE + "text\nhello".encode("utf-16-le") + b"\x00", 2, "bad_encoding"),
    ],
)
def test_files_that_are_no_csv(data: bytes, line: int, code: str) -> None:
    parsed = read(data)
    assert places(parsed.errors) == [(line, "", code)]
    assert parsed.items == []


def test_a_nul_byte_in_one_cell_is_told_where_it_is() -> None:
    rows = "".join(f"post number {number},1\n" for number in range(10))
    parsed = read(f"text,slot\n{rows}bro\x00ken,1\n")
    assert places(parsed.errors) == [(12, "text", "nul_byte")]
    assert len(parsed.importable) == 10
