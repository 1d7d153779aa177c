"""Long imports: handed over, taken by one, given back, taken over, ended."""

from __future__ import annotations

import io
import statistics
import threading
import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.models import Account, Event
from accounts.principals import Principal
from publishing import tasks
from publishing.models import Post, PostImport, PostImportItem
from publishing.services import import_writing, imports
from publishing.services.import_options import ImportOptions
from publishing.services.imports import (
    begin_import,
    continue_import,
    read_upload,
    resume_imports,
    take_import,
)

pytestmark = [pytest.mark.usefixtures("folders"), pytest.mark.django_db(transaction=True)]


def csv(rows: int, bad: int = 0) -> bytes:
    lines = [
        f"Post {n} of https://example.com/{n},2031-03-{n % 28 + 1:02d} {n % 24:02d}:{n % 60:02d}"
        for n in range(rows)
    ]
    lines += ["Bad,soon"] * bad
    return "\n".join(["text,scheduled_time", *lines, ""]).encode()


@pytest.fixture
def rung():
    """The imports that the worker was told of, instead of a queue."""
    with patch.object(imports, "async_task") as queue:
        yield lambda: [call.args[1] for call in queue.call_args_list]


@pytest.fixture
def begin(account: Account, operator: Principal, rung):
    def run(data: bytes, **options: Any) -> PostImport:
        upload = read_upload(
            file=io.BytesIO(data),
            name="long.csv",
            account=account,
            actor=operator,
            options=ImportOptions(**options),
        )
        return begin_import(upload)

    return run


def finished(row: PostImport) -> PostImport:
    row.refresh_from_db()
    assert row.status == "finished"
    assert row.done_items == row.total_items
    return row


def test_200_posts_are_done_at_once_and_201_are_not(begin, rung) -> None:
    assert begin(csv(200)).status == "finished"
    assert rung() == []
    Post.objects.all().delete()
    row = begin(csv(201))
    assert (row.status, rung()) == ("pending", [row.pk])
    assert not Post.objects.exists()
    tasks.run_import(row.pk)
    assert finished(row).imported == Post.objects.count() == 201
    tasks.run_import(row.pk)  # a message that comes twice
    assert Post.objects.count() == 201
    assert Event.objects.filter(name="import.finished", object_id=str(row.pk)).count() == 1


def test_a_long_file_with_a_bad_row_imports_nothing(begin) -> None:
    row = begin(csv(300, bad=1))
    tasks.run_import(row.pk)
    row.refresh_from_db()
    assert (row.status, row.imported, row.importable) == ("refused", 0, 300)
    assert row.items.filter(result="error").count() == 1
    assert not Post.objects.exists()


def test_the_place_in_the_worker_is_given_back(begin, rung, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0.0)
    row = begin(csv(201))
    calls = 0
    while not row.ended:
        calls += 1
        assert rung() == [row.pk] * calls
        tasks.run_import(row.pk)
        row.refresh_from_db()
    assert calls > 3
    assert finished(row).imported == Post.objects.count() == 201
    assert row.items.filter(result="post").count() == 201


def test_one_import_at_a_time(begin) -> None:
    first, second = begin(csv(201)), begin(csv(202))
    token = take_import(first.pk)
    assert token
    assert take_import(first.pk) is None
    assert take_import(second.pk) is None
    continue_import(first.pk, token)
    assert take_import(second.pk)


def test_a_lost_message_and_a_lost_worker_are_made_up_for(begin, rung) -> None:
    row = begin(csv(201))
    resume_imports()
    assert rung() == [row.pk, row.pk]
    assert take_import(row.pk)
    resume_imports()
    assert rung() == [row.pk, row.pk]  # someone works on it
    PostImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    resume_imports()
    assert rung() == [row.pk] * 3
    tasks.run_import(row.pk)
    assert finished(row).imported == 201
    resume_imports()
    assert len(rung()) == 3


def test_one_that_wakes_up_late_writes_nothing_more(begin, monkeypatch) -> None:
    row = begin(csv(201))
    token = take_import(row.pk)
    assert token
    taken_over = []

    def overtake(name: str) -> None:
        done = PostImport.objects.get().done_items
        if name == "import.between_batches" and done >= 40 and not taken_over:
            taken_over.append(done)
            PostImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            tasks.run_import(row.pk)

    monkeypatch.setattr(import_writing, "point", overtake)
    with pytest.raises(import_writing.LostLeaseError):
        continue_import(row.pk, token)
    assert finished(row).imported == Post.objects.count() == 201
    assert PostImportItem.objects.count() == 201


def test_a_time_that_passed_while_the_import_waited_is_told(begin, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0.0)
    soon = timezone.now() + timedelta(hours=1)
    data = csv(201) + f"Soon,{soon.isoformat()}\n".encode()
    row = begin(data)
    tasks.run_import(row.pk)
    row.refresh_from_db()
    assert row.passed
    monkeypatch.setattr(imports.clock, "now", lambda: timezone.now() + timedelta(hours=2))
    while not row.ended:
        tasks.run_import(row.pk)
        row.refresh_from_db()
    assert (row.status, row.imported) == ("finished", 201)
    assert [(error["line"], error["code"]) for error in row.errors] == [(203, "in_past")]
    assert row.items.get(line=203).result == "error"


def test_a_lost_file_and_a_fault_end_the_import_with_a_sentence(begin, rung) -> None:
    row = begin(csv(201))
    row.path.unlink()
    tasks.run_import(row.pk)
    row.refresh_from_db()
    assert (row.status, row.errors[0]["code"]) == ("refused", "interrupted")
    other = begin(csv(202))
    with patch.object(imports, "check_rows", side_effect=ZeroDivisionError):
        tasks.run_import(other.pk)
    other.refresh_from_db()
    assert (other.status, other.errors[0]["code"]) == ("refused", "interrupted")
    assert "Import the file again" in other.errors[0]["detail"]


def _timed_import(begin, rows: int) -> tuple[float, float]:
    """Seconds for the import, and the longest that another writer had to wait meanwhile."""
    row = begin(csv(rows))
    waits: list[float] = []
    done = threading.Event()

    def write_meanwhile() -> None:
        while not done.is_set():
            started = time.monotonic()
            Account.objects.filter(slot=1).update(display_name=str(started))
            waits.append(time.monotonic() - started)
            time.sleep(0.05)
        connections.close_all()

    other = threading.Thread(target=write_meanwhile)
    other.start()
    started = time.monotonic()
    try:
        while not row.ended:
            tasks.run_import(row.pk)
            row.refresh_from_db()
    finally:
        done.set()
        other.join()
    assert finished(row).imported == Post.objects.count() == rows
    assert waits
    return time.monotonic() - started, max(waits)


def test_a_thousand_rows_leave_room_for_others(begin, monkeypatch) -> None:
    batches: list[float] = []
    write = import_writing.write_batch

    def timed(*arguments: Any, **named: Any) -> None:
        started = time.thread_time()
        write(*arguments, **named)
        batches.append(time.thread_time() - started)

    monkeypatch.setattr(import_writing, "write_batch", timed)
    seconds, longest = _timed_import(begin, 1000)
    assert seconds < 20
    assert longest < 2
    assert len(batches) == 25
    assert statistics.median(batches) < 0.1  # of this thread's own time: others may be busy too


@pytest.mark.deep
def test_ten_thousand_rows_within_90_seconds(begin) -> None:
    seconds, longest = _timed_import(begin, 10_000)
    print(f"{connection.vendor}: 10,000 rows in {seconds:.1f} s, longest wait {longest:.2f} s")
    assert seconds < 90
    assert longest < 2
