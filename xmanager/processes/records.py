"""Which process is which: what each part wrote down about itself, checked against the system.

A pid alone proves nothing (it is used again), so a record also holds when the process started.
Each part leads a process group of its own; the group is what gets stopped, because a killed
leader leaves its children behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Record:
    """`pid` leads the group of the same number; `started` is the system's word for when."""

    pid: int
    started: str


_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()  # Linux; elsewhere `ps` is asked


def started(pid: int) -> str | None:
    """When the process started, as an opaque text; None when there is none (or only a zombie)."""
    if _HAS_PROC:
        fields = _stat(pid)
        return fields[19] if fields and fields[0] not in "ZX" else None
    state, _, since = _ps("-o", "stat=,lstart=", "-p", str(pid)).strip().partition(" ")
    return None if not state or state.startswith("Z") else since.strip()


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state) on; the second may hold blanks."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ps(*arguments: str) -> str:
    return subprocess.run(
        ["ps", *arguments],  # noqa: S607 (found on PATH on every Unix)
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def _path(home: Path, name: str) -> Path:
    return home / "run" / f"{name}.pid"


def write_record(home: Path, name: str, pid: int) -> None:
    """Note that process `pid` is the part `name` of this home."""
    path = _path(home, name)
    replacement = path.with_suffix(f".{pid}")
    replacement.write_text(json.dumps({"pid": pid, "started": started(pid) or ""}))
    replacement.replace(path)


def read_record(home: Path, name: str) -> Record | None:
    try:
        found = json.loads(_path(home, name).read_text())
        return Record(int(found["pid"]), str(found["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_record(home: Path, name: str) -> None:
    _path(home, name).unlink(missing_ok=True)


def is_alive(record: Record | None) -> bool:
    """Whether the very process of the record still runs."""
    return record is not None and started(record.pid) == record.started


def _group(leader: int) -> list[int]:
    """The living members of a process group."""
    if _HAS_PROC:
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
        stats = ((pid, _stat(pid)) for pid in pids)
        return [pid for pid, row in stats if row and row[2] == str(leader) and row[0] not in "ZX"]
    rows = (line.split() for line in _ps("-A", "-o", "pid=,pgid=,stat=").splitlines())
    return [int(row[0]) for row in rows if row[1] == str(leader) and not row[2].startswith("Z")]


def command_line(pid: int) -> str:
    """The process's command line with blanks between its words; empty when it is gone."""
    if _HAS_PROC:
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, UnicodeDecodeError):
            return ""
    return _ps("-ww", "-o", "args=", "-p", str(pid)).strip()


def left_over(record: Record | None, ours: str) -> list[int]:
    """The processes that still run in the record's group, its leader first if it is one of them.

    When the leader is gone, the group counts only if its members' command lines hold `ours` (the
    path of the project): the number could have been given to someone else's group since.
    """
    if record is None:
        return []
    leader_started = started(record.pid)
    if leader_started is not None and leader_started != record.started:
        return []
    members = _group(record.pid)
    if leader_started is None and not any(ours in command_line(pid) for pid in members):
        return []
    return sorted(members, key=lambda pid: (pid != record.pid, pid))


def stop_group(record: Record, ours: str, seconds: float = STOP_SECONDS) -> None:
    """End what is left of the group: a request first, after `seconds` by force."""
    for sign, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        if not left_over(record, ours):
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record.pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and left_over(record, ours):
            time.sleep(0.05)
