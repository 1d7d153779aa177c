"""Rows that make one thread, and threads that must not go out without a part."""

from __future__ import annotations

import pytest

from tests.importing.samples import TIME, places, read

HEAD = "text,thread,scheduled_time,slot,reply,link,labels\n"


def test_rows_of_one_key_are_one_thread_in_file_order() -> None:
    parsed = read(f"{HEAD}one,A,{TIME},1,,,x\ntwo,A,,,,,y\nalone,,,,,,\nB1,B,,,,,\nB2,B,,,,,\n")
    assert [(item.kind, item.lines, item.thread_key) for item in parsed.items] == [
        ("thread", [2, 3], "A"),
        ("post", [4], ""),
        ("thread", [5, 6], "B"),
    ]
    assert parsed.items[0].labels == ["x", "y"]
    assert parsed.items[0].slot == 1
    assert [part.line for part in parsed.items[0].parts] == [2, 3]


def test_rows_apart_are_joined_and_told() -> None:
    parsed = read(f"{HEAD}one,A,,,,,\nalone,,,,,,\ntwo,A,,,,,\n")
    assert [item.lines for item in parsed.items] == [[2, 4], [3]]
    assert (2, "thread", "thread_apart") in places(parsed.notes)


def test_rows_together_are_not_told_apart() -> None:
    parsed = read(f"{HEAD}one,A,,,,,\ntwo,A,,,,,\n")
    assert "thread_apart" not in [note.code for note in parsed.notes]


@pytest.mark.parametrize(
    ("second", "column"),
    [
        ("two,A,2026-03-01 14:31,,,,", "scheduled_time"),
        ("two,A,,2,,,", "slot"),
        ("two,A,,,77,,", "reply"),
    ],
)
def test_a_thread_goes_out_at_one_time_from_one_account(second: str, column: str) -> None:
    parsed = read(f"{HEAD}one,A,{TIME},1,,,\n{second}\n")
    assert places(parsed.errors) == [(3, column, "thread_conflict")]
    assert parsed.importable == []


def test_a_thread_may_repeat_what_its_first_row_says() -> None:
    parsed = read(f"{HEAD}one,A,{TIME},1,5,,\ntwo,A,{TIME}Z,1,5,https://e.org,\n")
    assert parsed.errors == []
    assert parsed.items[0].source_url == "https://e.org"


def test_one_bad_part_refuses_the_thread() -> None:
    parsed = read(f"{HEAD}one,A,,,,,\n{'x' * 281},A,,,,,\nalone,,,,,,\n")
    assert places(parsed.errors) == [(3, "text", "too_long")]
    assert [item.line for item in parsed.importable] == [4]


@pytest.mark.parametrize(
    ("rows", "importable"),
    [
        # The broken row stands beside A.
        ("one,A,,,,,\nte,xt,with,commas,A,,,,\nB,B,,,,,\n\nalone,,,,,,\n", [6]),
        # It names A in the wrong column, far from A's rows.
        ("one,A,,,,,\nalone,,,,,,\nother,,,,,,\nto,o,A,,,,,,x\n", [3, 4]),
        # What follows an open quote may belong to any thread.
        ('one,A,,,,,\nalone,,,,,,\nother,,,,,,\n"open,,,,,,\ntwo,A,,,,,\n', [3, 4]),
    ],
)
def test_a_thread_that_may_lack_a_part_is_refused(rows: str, importable: list[int]) -> None:
    parsed = read(HEAD + rows)
    assert [item.line for item in parsed.importable] == importable
    assert (2, "thread", "thread_incomplete") in places(parsed.errors)


def test_threads_far_from_a_broken_row_go_on() -> None:
    parsed = read(f"{HEAD}one,A,,,,,\ntwo,A,,,,,\nalone,,,,,,\nbroken\nalone,,,,,,\n")
    assert [item.line for item in parsed.importable] == [2, 4, 6]
