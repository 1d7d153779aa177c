"""Whole files in our own format, Hootsuite's and Buffer's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publishing.importing import ParsedMedia, ParsedPoll
from tests.importing.samples import FILES, TIME, places, read


def test_every_column_of_our_own() -> None:
    parsed = read((FILES / "own.csv").read_bytes())
    assert (parsed.format, parsed.encoding, parsed.delimiter) == ("xmanager", "utf-8", ",")
    assert parsed.errors == []
    assert parsed.rows == 4
    post, thread, formula = parsed.items
    assert post.kind == "post"
    assert post.line == 2
    assert post.scheduled_time == datetime(2026, 3, 1, 13, 30, tzinfo=UTC)
    assert post.slot == 2
    assert post.labels == ["news", "launch"]
    assert post.source_url == "https://example.com/a"
    assert post.parts[0].media == [
        ParsedMedia("cat.png", "A cat"),
        ParsedMedia("dog.png", "A dog"),
    ]
    assert thread.kind == "thread"
    assert thread.lines == [3, 5]
    assert [part.text for part in thread.parts] == [
        "First of a thread\non two lines",
        "Second of it",
    ]
    assert thread.reply_to_post_id == "1234567890123456789"
    assert thread.scheduled_time == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert thread.raw[1]["alt text"] == "The end"
    assert formula.parts[0].text == "=SUM(A1:A2) is text"
    assert formula.community_id == "1493446837214187523"
    assert formula.line == 6


def test_hootsuite_has_no_header_and_posts_its_links() -> None:
    parsed = read((FILES / "hootsuite.csv").read_bytes())
    assert parsed.format == "hootsuite"
    assert parsed.errors == []
    assert parsed.date_order == "mdy"
    assert [item.line for item in parsed.items] == [1, 2, 3]
    first, second, third = parsed.items
    assert first.parts[0].text == "Good morning https://example.com/morning"
    assert first.source_url == "https://example.com/morning"
    assert second.scheduled_time == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    assert third.parts[0].text == "No link"
    assert (1, "Link", "link_appended") in places(parsed.notes)
    assert (1, "Date", "date_order_found") in places(parsed.notes)


@pytest.mark.parametrize("wanted", ["auto", "hootsuite"])
def test_hootsuite_with_a_header_and_the_link_in_the_text(wanted: str) -> None:
    source = "Date,Message,Link\n2026/03/01 14:30,See https://e.org/x,https://e.org/x\n"
    parsed = read(source, format=wanted)
    assert parsed.format == "hootsuite"
    assert [item.parts[0].text for item in parsed.importable] == ["See https://e.org/x"]


def test_buffer() -> None:
    parsed = read((FILES / "buffer.csv").read_bytes())
    assert parsed.format == "buffer"
    assert parsed.errors == []
    assert parsed.columns_recognised == {
        "Text": "text",
        "Image URL": "media",
        "Tags": "labels",
        "Posting Time": "scheduled_time",
    }
    first = parsed.items[0]
    assert first.parts[0].media[0].is_url
    assert first.labels == ["spring"]


def test_buffer_rows_for_other_networks_are_told() -> None:
    parsed = read("Text,Image URL,Tags,Posting Time,Board Name\nHi,,,1/23/26 17:30,Cats\n")
    assert parsed.importable[0].scheduled_time == datetime(2026, 1, 23, 17, 30, tzinfo=UTC)
    assert parsed.columns_ignored == ["Board Name"]
    assert (1, "Board Name", "column_ignored") in places(parsed.notes)


def test_a_file_of_ours_that_begins_with_a_date_has_no_header() -> None:
    parsed = read(f"{TIME},Hello\n", format="xmanager")
    assert places(parsed.errors) == [(1, "", "no_header")]
    assert parsed.items == []


def test_poll() -> None:
    parsed = read(f"text,scheduled_time,poll,poll_minutes\nQ?,{TIME},Yes | No,60\nR?,{TIME},A|B,\n")
    assert [item.parts[0].poll for item in parsed.importable] == [
        ParsedPoll(("Yes", "No"), 60),
        ParsedPoll(("A", "B"), 1440),
    ]


def test_rows_without_a_time_are_told_once() -> None:
    parsed = read(f"text,scheduled_time\na,\nb,\nc,{TIME}\n")
    assert [item.scheduled_time is None for item in parsed.importable] == [True, True, False]
    assert places(parsed.notes) == [(2, "scheduled_time", "no_time")]
    assert "2 of 3" in parsed.notes[0].detail
