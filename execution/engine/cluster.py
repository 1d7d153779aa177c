"""The django-q2 cluster as one process group that can be replaced as a whole."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)
STOP_SECONDS = 12.0  # django-q2 finishes prefetched tasks on SIGTERM (seen: 7.7 s)


class Cluster:
    """Starts `qcluster` in a group of its own, and leaves none of the group behind."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._record = Path(settings.XM_HOME) / "run" / "cluster.json"

    def start(self) -> None:
        self.kill_leftovers()
        self._process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"],
            start_new_session=True,
        )
        self._record.write_text(json.dumps({"group": self._process.pid}))

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to finish, then end the whole group: its children outlive a killed parent."""
        if self._process is None:
            return
        if self.alive():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        if self._process is not None:
            _kill_group(self._process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self._process = None
        self._record.unlink(missing_ok=True)

    def kill_leftovers(self) -> None:
        """End the group of a predecessor that was killed itself."""
        try:
            group = int(json.loads(self._record.read_text())["group"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return
        if _is_cluster(group):
            logger.warning("Ending the cluster %s that a killed worker left behind", group)
            _kill_group(group)
        self._record.unlink(missing_ok=True)


def _members(group: int) -> list[int]:
    """Processes of the group that run `qcluster`."""
    return [pid for pid, pgid, command in _processes() if pgid == group and "qcluster" in command]


def _processes() -> Iterator[tuple[int, int, str]]:
    """(pid, process group, command line) of what runs here, from /proc or from `ps`."""
    if Path("/proc/self/stat").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if state != "Z":
                    yield int(folder.name), int(group), command
        return
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,pgid=,args="],  # noqa: S607 (where it lives differs by system)
        capture_output=True,
        text=True,
        check=False,
    )
    for line in listing.stdout.splitlines():
        pid, pgid, command = line.split(None, 2)
        yield int(pid), int(pgid), command


def _is_cluster(group: int) -> bool:
    """True if the group still is a cluster: its number may be somebody else's by now."""
    return group != os.getpgrp() and bool(_members(group))


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _members(group) and time.monotonic() < deadline:
        time.sleep(0.05)
