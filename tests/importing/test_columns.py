"""Headers, aliases and the mapping that goes before them."""

from __future__ import annotations

import pytest

from tests.importing.samples import TIME, places, read


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("TEXT", "text"),
        ("Post text", "text"),
        ("message", "text"),
        ("Tweet", "text"),
        ("content", "text"),
    ],
)
def test_aliases_of_text(header: str, field: str) -> None:
    parsed = read(f"{header},publish at\nHi,{TIME}\n")
    assert parsed.columns_recognised == {header: field, "publish at": "scheduled_time"}
    assert parsed.errors == []


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Scheduled-Time", "scheduled_time"),
        ("Datum", "scheduled_time"),
        ("time", "scheduled_time"),
        ("TZ", "timezone"),
        ("account_slot", "slot"),
        ("Alt Text", "alt_text"),
        ("in reply to", "reply"),
        ("Community ID", "community"),
        ("source_url", "link"),
        ("Image URL", "media"),
        ("Tags", "labels"),
    ],
)
def test_aliases_of_other_fields(header: str, field: str) -> None:
    parsed = read(f"text,{header}\nHi,\n")
    assert parsed.columns_recognised[header] == field


def test_our_own_name_goes_before_an_alias() -> None:
    parsed = read("message,text\nnot this,this\n")
    assert parsed.items[0].parts[0].text == "this"
    assert parsed.columns_ignored == ["message"]


def test_two_aliases_of_one_field_are_asked_about() -> None:
    parsed = read("message,content\na,b\n")
    assert places(parsed.errors) == [(1, "content", "duplicate_column")]
    assert parsed.items == []


def test_misspelled_header_is_told_with_what_it_may_be() -> None:
    parsed = read(f"text,scheduld_time\nHi,{TIME}\n")
    (note,) = [note for note in parsed.notes if note.code == "column_ignored"]
    assert note.column == "scheduld_time"
    assert "scheduled_time" in note.detail


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("scheduled_time,slot\n2026-03-01 14:30,1\n", (1, "text", "missing_column")),
        ("foo,bar\n1,2\n", (1, "", "no_header")),
        ("text,scheduled_time\n", (1, "", "no_rows")),
        ("text\n\n \n", (1, "", "no_rows")),
        ('"text,slot\nHi,1\n', (1, "", "unclosed_quote")),
    ],
)
def test_headers_that_cannot_do(source: str, expected: tuple[int, str, str]) -> None:
    parsed = read(source)
    assert expected in places(parsed.errors)
    assert parsed.items == []


def test_mapping_goes_before_aliases() -> None:
    source = f"note,text,when posted\nThe post,internal,{TIME}\n"
    parsed = read(source, mapping={"Note": "text", "when posted": "scheduled_time"})
    assert parsed.items[0].parts[0].text == "The post"
    assert parsed.items[0].scheduled_time is not None
    assert parsed.columns_ignored == ["text"]


def test_mapping_may_leave_a_column_out_without_a_note() -> None:
    parsed = read("text,tags\nHi,private\n", mapping={"tags": ""})
    assert parsed.items[0].labels == []
    assert parsed.columns_ignored == ["tags"]
    assert "column_ignored" not in [note.code for note in parsed.notes]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"nowhere": "text"}, "mapping_unknown_column"),
        ({"text": "teext"}, "mapping_unknown_field"),
        ({"text": "text", "b": "text"}, "duplicate_column"),
    ],
)
def test_wrong_mapping(mapping: dict[str, str], code: str) -> None:
    parsed = read("text,b\nHi,1\n", mapping=mapping)
    assert code in [error.code for error in parsed.errors]
    assert parsed.items == []


def test_mapping_helps_to_find_the_delimiter() -> None:
    parsed = read("Beitrag;Wann\nHallo, Welt;2026-03-01 14:30\n", mapping={"Beitrag": "text"})
    assert parsed.delimiter == ";"
    assert parsed.items[0].parts[0].text == "Hallo, Welt"
