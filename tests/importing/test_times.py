"""Times: forms, zones, the order of day and month, daylight saving, the past."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.importing.samples import TIME, places, read


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03-01 14:30", utc(2026, 3, 1, 14, 30)),
        ("2026-03-01T14:30:15", utc(2026, 3, 1, 14, 30, 15)),
        ("2026-03-01T14:30:00.123Z", utc(2026, 3, 1, 14, 30)),
        ("2026-03-01T14:30:00+02:00", utc(2026, 3, 1, 12, 30)),
        ("2026-03-01 14:30 -0500", utc(2026, 3, 1, 19, 30)),
        ("2026-03-01 14:30 UTC", utc(2026, 3, 1, 14, 30)),
        ("2026/3/1 9:05", utc(2026, 3, 1, 9, 5)),
        ("01.03.2026 14:30", utc(2026, 3, 1, 14, 30)),
        ("25/03/2026 14:30", utc(2026, 3, 25, 14, 30)),
        ("3/25/26 2:30 PM", utc(2026, 3, 25, 14, 30)),
        ("03-25-2026, 12:05 a.m.", utc(2026, 3, 25, 0, 5)),
        ("04/04/2026 14:30", utc(2026, 4, 4, 14, 30)),
    ],
)
def test_forms(cell: str, expected: datetime) -> None:
    parsed = read(f'text,scheduled_time\nHi,"{cell}"\n')
    assert parsed.errors == []
    assert parsed.items[0].scheduled_time == expected


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("tomorrow", "bad_time"),
        ("2026-03-01", "bad_time"),
        ("14:30", "bad_time"),
        ("2026-02-30 10:00", "bad_time"),
        ("2026-03-01 25:00", "bad_time"),
        ("2026-03-01 13:00 PM", "bad_time"),
        ("2026-03-01 10:00+99:00", "bad_time"),
        ("0001-01-01 00:00", "bad_time"),
        ("9999-12-31 23:59", "bad_time"),
        ("25/25/2026 10:00", "bad_time"),
        ("2026-03-01 14:3٣", "bad_time"),
        ("03/04/2026 10:00", "ambiguous_date"),
        ("2026-01-01 11:54", "in_past"),
        ("2025-12-31 23:59", "in_past"),
    ],
)
def test_times_that_cannot_do(cell: str, code: str) -> None:
    parsed = read(f"text,scheduled_time\nHi,{cell}\n")
    assert places(parsed.errors) == [(2, "scheduled_time", code)]
    assert parsed.importable == []


def test_five_minutes_past_are_allowed() -> None:
    assert read("text,scheduled_time\nHi,2026-01-01 11:55\n").errors == []


def test_zone_of_the_row_goes_before_the_stated_and_that_before_the_account() -> None:
    source = f"text,scheduled_time,tz\na,{TIME},Asia/Tokyo\nb,{TIME},\nc,{TIME}Z,Asia/Tokyo\n"
    options = {"default_zone": "America/New_York", "zone_override": "europe/berlin"}
    parsed = read(source, **options)
    assert [item.scheduled_time for item in parsed.items] == [
        utc(2026, 3, 1, 5, 30),
        utc(2026, 3, 1, 13, 30),
        utc(2026, 3, 1, 14, 30),
    ]
    without = read(source, default_zone="America/New_York")
    assert without.items[1].scheduled_time == utc(2026, 3, 1, 19, 30)
    assert without.zone == "America/New_York"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc", "America", "", "\x00", "+99:00"])
def test_unknown_zone_of_the_request(zone: str) -> None:
    parsed = read(f"text,scheduled_time\nHi,{TIME}\n", default_zone=zone)
    assert places(parsed.errors) == [(1, "", "unknown_timezone")]


def test_unknown_zone_of_a_row_names_the_nearest() -> None:
    parsed = read(f"text,scheduled_time,timezone\nHi,{TIME},Europe/Berln\n")
    assert places(parsed.errors) == [(2, "timezone", "unknown_timezone")]
    assert "Europe/Berlin" in parsed.errors[0].detail


@pytest.mark.parametrize(
    ("zone", "cell", "nearest"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 03:00"),
        ("America/New_York", "2026-03-08 02:00", "2026-03-08 03:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-04 02:30"),
    ],
)
def test_gap_of_daylight_saving(zone: str, cell: str, nearest: str) -> None:
    parsed = read(f"text,scheduled_time\nHi,{cell}\n", default_zone=zone)
    assert places(parsed.errors) == [(2, "scheduled_time", "dst_gap")]
    assert f"nearest valid time is {nearest}" in parsed.errors[0].detail


def test_overlap_of_daylight_saving_takes_the_first() -> None:
    parsed = read("text,when\nHi,2026-10-25 02:30\n", default_zone="Europe/Berlin",
                  mapping={"when": "scheduled_time"})  # fmt: skip
    assert parsed.items[0].scheduled_time == utc(2026, 10, 25, 0, 30)
    assert places(parsed.notes) == [(2, "when", "dst_overlap")]
    assert "2026-10-25T02:30:00+01:00" in parsed.notes[0].detail


@pytest.mark.parametrize(
    ("other", "options", "expected"),
    [
        ("25/04/2026 10:00", {}, utc(2026, 4, 3, 10)),
        ("04/25/2026 10:00", {}, utc(2026, 3, 4, 10)),
        ("2026-04-25 10:00", {"date_order": "dmy"}, utc(2026, 4, 3, 10)),
        ("2026-04-25 10:00", {"date_order": "mdy"}, utc(2026, 3, 4, 10)),
    ],
)
def test_order_is_decided_over_the_whole_file(
    other: str, options: dict[str, str], expected: datetime
) -> None:
    parsed = read(f"text,date\nHi,03/04/2026 10:00\nHo,{other}\n", **options)
    assert parsed.errors == []
    assert parsed.items[0].scheduled_time == expected
    assert (not options) == ((3, "date", "date_order_found") in places(parsed.notes))


def test_mixed_orders_leave_only_what_may_be_either() -> None:
    parsed = read("text,date\na,25/04/2026 10:00\nb,04/25/2026 10:00\nc,03/04/2026 10:00\n")
    assert places(parsed.errors) == [(4, "date", "ambiguous_date")]
    assert (3, "date", "date_order_mixed") in places(parsed.notes)


def test_stated_order_that_a_date_contradicts() -> None:
    parsed = read("text,date\na,25/04/2026 10:00\n", date_order="mdy")
    assert places(parsed.errors) == [(2, "date", "bad_time")]
    assert "month/day/year" in parsed.errors[0].detail


def test_date_and_time_apart() -> None:
    parsed = read(
        "text,date,time\na,2026-03-01,14:30\nb,2026-03-01 00:00:00,9:15 AM\n"
        "c,2026-03-01,\nd,,10:00\ne,,\n"
    )
    assert [item.scheduled_time for item in parsed.importable] == [
        utc(2026, 3, 1, 14, 30),
        utc(2026, 3, 1, 9, 15),
        None,
    ]
    assert places(parsed.errors) == [(4, "date", "bad_time"), (5, "time", "bad_time")]
