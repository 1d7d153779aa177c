"""A real installation in a home of its own, driven through `./xm` as a person would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xmanager.home import PROJECT
from xmanager.processes.ports import is_free


def free_port() -> int:
    """A port that is free together with the one after it."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 65000 and is_free(port + 1):
            return port


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What the condition answers as soon as it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
    return found


class Installation:
    """`./xm` over one home. `variables` are added to an otherwise bare environment."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.home = home
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {**kept, "XM_HOME": str(home), **variables}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(PROJECT / "xm"), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def xm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.xm("up", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def down(self) -> None:
        done = self.xm("down")
        assert done.returncode == 0, done.stdout + done.stderr

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.xm("status").stdout)
        return found

    def pid(self, part: str) -> int | None:
        pid: int | None = self.status()[part]["pid"]
        return pid

    def is_up(self) -> bool:
        return self.xm("status").returncode == 0

    def url(self, part: str = "web") -> str:
        return str(self.status()[part]["url"])

    def kill_manager(self) -> None:
        os.kill(int((self.home / "run" / "supervisord.pid").read_text()), signal.SIGKILL)

    def log(self, part: str) -> str:
        return (self.home / "logs" / f"{part}.log").read_text()
