"""Who is who among processes: nobody else's is ever ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.installation import wait_until
from xmanager.home import ensure_home
from xmanager.processes.records import (
    Record,
    is_alive,
    left_over,
    read_record,
    started,
    stop_group,
    write_record,
)

_FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)  # MARK"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that leads a group, and its child in it."""
    leader = subprocess.Popen(
        [sys.executable, "-c", _FAMILY],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    yield leader, int(leader.stdout.readline())
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()
    leader.stdout.close()


def _record(pid: int) -> Record:
    return Record(pid, started(pid) or "")


def test_record_is_read_back(tmp_path: Path) -> None:
    ensure_home(tmp_path)
    write_record(tmp_path, "web", os.getpid())
    assert is_alive(read_record(tmp_path, "web"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "started": 1}'])
def test_broken_record_counts_as_none(tmp_path: Path, text: str) -> None:
    ensure_home(tmp_path)
    (tmp_path / "run" / "web.pid").write_text(text)
    assert read_record(tmp_path, "web") is None


def test_number_that_was_given_away_is_another_process() -> None:
    reused = Record(os.getpid(), "long ago")
    assert not is_alive(reused)
    assert left_over(reused, "") == []


def test_child_of_a_killed_leader_is_left_over(
    family: tuple[subprocess.Popen[str], int],
) -> None:
    leader, child = family
    record = _record(leader.pid)
    assert left_over(record, "MARK") == [leader.pid, child]
    leader.kill()
    leader.wait()
    assert left_over(record, "MARK") == [child]
    assert left_over(record, "somebody else's program") == []
    stop_group(record, "MARK", seconds=5)
    wait_until(lambda: started(child) is None)


def test_group_that_ignores_the_request_is_ended_by_force() -> None:
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "print(flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    stop_group(_record(stubborn.pid), "", seconds=0.2)
    assert stubborn.wait(timeout=5) == -signal.SIGKILL
    stubborn.stdout.close()
