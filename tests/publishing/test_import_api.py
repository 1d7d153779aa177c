"""/api/scheduler/import-csv and /api/scheduler/imports, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from accounts.models import Account
from publishing.models import Post, PostImport
from publishing.services import imports
from publishing.tasks import run_import
from tests.publishing.api_door import Door

pytestmark = pytest.mark.usefixtures("folders", "account")
WHEN = "2031-03-01 14:30"
GOOD = f"text,scheduled_time\nHello,{WHEN}\n".encode()
ROUTE = "/api/scheduler/import-csv"


@pytest.fixture
def door(db: None) -> Door:
    return Door("posts:read", "posts:write")


def send(door: Door, data: bytes = GOOD, **form: Any) -> Any:
    return door.upload(ROUTE, data, **{"name": "posts.csv", "account_slot": 1, **form})


def test_a_good_file(door: Door) -> None:
    answer = send(door)
    assert answer.status_code == 201
    body = answer.json()
    post = Post.objects.get()
    expected = {
        "status": "finished",
        "dry_run": False,
        "rows": 1,
        "importable": 1,
        "imported": 1,
        "skipped": 0,
        "errors": [],
        "items": [{"line": 2, "result": "post", "id": str(post.pk)}],
        "format": "xmanager",
        "encoding": "utf-8",
        "progress": {"done": 1, "total": 1},
        "file_name": "posts.csv",
        "account_slot": 1,
    }
    assert {name: body[name] for name in expected} == expected
    assert door.get(f"/api/scheduler/imports/{body['id']}").json() == body


def test_a_broken_file_says_line_and_column(door: Door) -> None:
    answer = send(door, f"text,scheduled_time\nA,{WHEN}\nB,32/13/2031\n".encode())
    body = answer.json()
    assert (answer.status_code, body["status"], body["imported"]) == (200, "refused", 0)
    (error,) = body["errors"]
    assert (error["line"], error["column"]) == (3, "scheduled_time")
    assert error["code"]
    assert error["detail"]
    assert not Post.objects.exists()


def test_partial_dry_run_and_lines(door: Door) -> None:
    data = f"text,scheduled_time\nA,{WHEN}\nB,soon\nC,{WHEN}\n".encode()
    dry = send(door, data, dry_run="true", partial="true")
    assert (dry.status_code, dry.json()["importable"], Post.objects.count()) == (200, 2, 0)
    chosen = send(door, data, lines="2")
    assert (chosen.status_code, chosen.json()["imported"]) == (201, 1)
    rest = send(door, data, partial="true").json()
    assert [item["result"] for item in rest["items"]] == ["duplicate", "error", "post"]
    assert rest["skipped"] == 1


def test_zone_and_mapping(door: Door) -> None:
    data = f"Beitrag;Wann\nHallo;{WHEN}\n".encode("utf-16")
    body = send(
        door,
        data,
        timezone="America/New_York",
        mapping=json.dumps({"Beitrag": "text", "Wann": "scheduled_time"}),
    ).json()
    assert (body["imported"], body["errors"]) == (1, [])
    when = Post.objects.get().scheduled_time
    assert when
    assert when.isoformat() == "2031-03-01T19:30:00+00:00"


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"timezone": "Mars/Base"}, 422, "timezone"),
        ({"format": "xlsx"}, 422, "format"),
        ({"lines": "two"}, 422, "lines"),
        ({"lines": "1-9999999"}, 422, "lines"),
        ({"mapping": "["}, 422, "mapping"),
        ({"mapping": '{"a": 1}'}, 422, "mapping"),
        ({"account_slot": "x"}, 422, "account_slot"),
        ({"account_slot": ""}, 422, "account_slot"),
        ({"acount_slot": 1}, 422, "acount_slot"),
    ],
)
def test_a_form_that_is_wrong(door: Door, form: dict[str, Any], status: int, field: str) -> None:
    answer = send(door, **form)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert not PostImport.objects.exists()


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\xff\xfe\x00", b'"', b"a\nb\n" * 5, b"\x89PNG"])
def test_files_that_are_no_csv_get_an_answer(door: Door, data: bytes) -> None:
    answer = send(door, data)
    assert (answer.status_code, answer.json()["status"]) == (200, "refused")
    assert answer.json()["errors"]


def test_a_file_that_is_too_large(door: Door, folders: Path) -> None:
    answer = send(door, b"x" * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "file_too_large"
    assert list((folders / "imports").glob("*")) == []


def test_other_accounts_stay_hidden(door: Door) -> None:
    Account.objects.create(slot=2)
    other = Door("posts:read", "posts:write", slots=[2], name="other")
    mine = send(door).json()["id"]
    assert other.get(f"/api/scheduler/imports/{mine}").status_code == 404
    assert other.get("/api/scheduler/imports").json()["results"] == []
    assert send(other).json()["code"] == "account_not_allowed"
    assert send(door, account_slot=9).status_code == 404
    assert door.get("/api/scheduler/imports/99999999999999999999").status_code == 404
    assert [row["id"] for row in door.get("/api/scheduler/imports").json()["results"]] == [mine]


def test_one_key_one_import(door: Door, folders: Path) -> None:
    first, again = send(door, key="k"), send(door, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first["Idempotent-Replayed"], again["Idempotent-Replayed"]) == ("false", "true")
    assert again.json() == first.json()
    assert again.json()["skipped"] == 0  # the count, not the mark of a replay
    assert PostImport.objects.count() == Post.objects.count() == 1
    assert len(list((folders / "imports").iterdir())) == 1
    assert send(door, GOOD + b"More," + WHEN.encode(), key="k").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_long_file_goes_on_and_a_replay_shows_how_far(door: Door) -> None:
    rows = "".join(f"Post {n},{WHEN}\n" for n in range(201))
    data = f"text,scheduled_time\n{rows}".encode()
    with patch.object(imports, "async_task"):
        answer = send(door, data, key="k")
    body = answer.json()
    assert (answer.status_code, body["status"], body["items"]) == (202, "pending", [])
    run_import(int(body["id"]))
    replayed = send(door, data, key="k").json()
    assert (replayed["status"], replayed["imported"]) == ("finished", 201)
    assert replayed["progress"] == {"done": 201, "total": 201}
    assert len(replayed["items"]) == 201
