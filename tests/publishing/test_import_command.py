"""`import_posts`, with no worker running; and real processes that are killed in the middle."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account, Event
from execution.models import Action
from publishing.models import Post, PostImport
from tests.engine.process import ROOT, environment

pytestmark = pytest.mark.usefixtures("folders")
WHEN = "2031-03-01 14:30"


@pytest.fixture
def command(account: Account, tmp_path: Path):
    def run(text: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "posts.csv"
        path.write_text(text)
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(
                "import_posts", str(path), "--slot", "1", *arguments, stdout=out, stderr=err
            )
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return run


def test_a_good_file(command) -> None:
    status, out, err = command(f"text,scheduled_time\nA,{WHEN}\nB,{WHEN}\n")
    first, second = Post.objects.order_by("pk")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"line 2: post {first.pk}",
        f"line 3: post {second.pk}",
        "2 rows: 2 imported, 0 there already.",
    ]


def test_a_broken_file(command) -> None:
    status, out, err = command(f"text,scheduled_time\nA,{WHEN}\nB,soon\n")
    assert status == 1
    assert err.startswith("line 3, column scheduled_time: ")
    assert "--partial" in out.splitlines()[-1]
    assert not Post.objects.exists()
    status, out, _ = command(f"text,scheduled_time\nA,{WHEN}\nB,soon\n", "--partial")
    assert status == 1
    assert "1 imported" in out
    assert Post.objects.count() == 1


def test_dry_run_lines_and_duplicates(command) -> None:
    text = f"text,scheduled_time\nA,{WHEN}\nB,{WHEN}\nC,{WHEN}\n"
    status, out, _ = command(text, "--dry-run")
    assert (status, Post.objects.count()) == (0, 0)
    assert "3 would be imported" in out
    assert "line 2: post (not written)" in out
    command(text, "--lines", "2,4")
    assert sorted(post.parts.get().text for post in Post.objects.all()) == ["A", "C"]
    status, out, _ = command(text)
    there = Post.objects.order_by("pk").first()
    assert there
    assert f"line 2: duplicate of post {there.pk}" in out
    assert "1 imported, 2 there already" in out


def test_a_long_file_needs_no_worker(command) -> None:
    rows = "".join(f"Post {n},{WHEN}\n" for n in range(1001))
    status, _, err = command(f"text,scheduled_time\n{rows}")
    assert (status, Post.objects.count()) == (0, 1001)
    assert "1000 of 1001" in err


@pytest.mark.parametrize("arguments", [("none.csv", "--slot", "1"), (".", "--slot", "1")])
def test_what_can_not_be_read(account: Account, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_posts", *arguments)


def test_a_slot_without_account(account: Account, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nA\n")
    with pytest.raises(CommandError, match="slot 7"):
        call_command("import_posts", str(tmp_path / "a.csv"), "--slot", "7")


def test_lines_that_are_none(account: Account) -> None:
    with pytest.raises(CommandError, match="not a line"):
        call_command("import_posts", "a.csv", "--slot", "1", "--lines", "two")


def _process(home: Path, code: str, **extra: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        cwd=ROOT,
        env=environment(home, **extra),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 137), done.stderr
    return done.returncode


BETWEEN, INSIDE = "import.between_batches", "import.before_commit"


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_in_and_after_every_step_nothing_is_skipped_or_doubled(
    home: Path, tmp_path: Path
) -> None:
    Account.objects.create(slot=1)
    path = tmp_path / "posts.csv"
    rows = "".join(f"Post {n},{WHEN},{f't{n}' if n < 20 else ''}\n" for n in range(60))
    rows += "".join(f"Part of {n},,t{n}\n" for n in range(20))
    path.write_text(f"text,scheduled_time,thread\n{rows}")
    begin = (
        "from django.core.management import call_command; "
        f"call_command('import_posts', {str(path)!r}, '--slot', '1')"
    )
    assert _process(home, begin, XM_CRASH_AT=BETWEEN) == 137
    row = PostImport.objects.get()
    go_on = f"from publishing.tasks import run_import; run_import({row.pk})"
    done = []
    for where in (INSIDE, BETWEEN, INSIDE, BETWEEN, INSIDE):  # two batches, then the end
        assert _process(home, go_on, XM_CRASH_AT=where) == 137
        row.refresh_from_db()
        done.append(row.done_items)
        assert Post.objects.count() == row.items.count() == row.done_items
    assert done == [0, 40, 40, 60, 60]
    assert not row.ended
    assert _process(home, go_on) == 0
    row.refresh_from_db()
    assert (row.status, row.imported, row.total_items) == ("finished", 60, 60)
    assert [item.position for item in row.items.all()] == list(range(60))
    assert len({item.post_id for item in row.items.all()}) == 60
    assert Action.objects.count() == 80
    assert Event.objects.filter(name="import.finished").count() == 1
