"""A worker as a real process over the test's own database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """Where the test database is, for another process."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    login = f"{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT'] or 5432}"
    return f"postgres://{login}/{values['NAME']}"


def environment(home: Path, **extra: str) -> dict[str, str]:
    """The environment of a process of this installation with a home of its own."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "xmanager.settings",
        "XM_HOME": str(home),
        "XM_SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEY": ",".join(settings.FIELD_ENCRYPTION_KEY),
        "DATABASE_URL": database_url(),
        "XM_BROKER_URL": settings.XM_BROKER_URL,
        "X_API_BASE_URL": settings.X_API_BASE_URL,
        "XM_RECONCILE_DELAYS": "0.5,1,1",
        "XM_LEASE_SECONDS": "10",
        "XM_CALL_DEADLINE_SECONDS": "4",
        **extra,
    }


class WorkerProcess:
    """`manage.py run_engine`. `kill()` ends the parent only; `kill_all()` the cluster too."""

    def __init__(self, home: Path, **extra: str) -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **extra: str) -> WorkerProcess:
        with (self.home / "worker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "run_engine"],
                cwd=ROOT,
                env=environment(self.home, **{**self._extra, **extra}),
                stdout=log,
                stderr=log,
            )
        return self

    def kill(self) -> None:
        """As a crash or the kernel would."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def cluster_pids(self) -> list[int]:
        """The processes of the django-q2 cluster, its parent first."""
        from execution.engine.cluster import _members

        try:
            text = (self.home / "run" / "cluster.json").read_text()
        except FileNotFoundError:
            return []
        import json

        return sorted(_members(int(json.loads(text)["group"])))

    def ended(self, *, seconds: float) -> int:
        """Wait for it to end by itself; the exit status."""
        assert self._process
        return self._process.wait(seconds)

    def kill_all(self) -> None:
        """The whole machine going down."""
        pids = self.cluster_pids()
        if self._process and self._process.poll() is None:
            self.kill()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process
        self._process.terminate()
        return self._process.wait(30)

    def __enter__(self) -> WorkerProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self.stop()
        self.kill_all()

    @property
    def log(self) -> str:
        return (self.home / "worker.log").read_text()


def wait_until(condition: Callable[[], object], *, seconds: float = 60, what: str = "") -> None:
    """Look again and again until the condition holds; fail with `what` when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.05)
