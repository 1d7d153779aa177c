"""The sandbox X server as a real process, for any test that needs X."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SandboxProcess:
    """`start()` waits until it answers; the port stays the same over restarts.

    `quiet` keeps the world silent; `options` are further command line words.
    """

    def __init__(self, home: Path, *, quiet: bool = True, options: tuple[str, ...] = ()) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._words = (*(("--quiet-world",) if quiet else ()), *options)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> SandboxProcess:
        command = [sys.executable, "-m", "accounts.x.sandbox", "--home", str(self.home)]
        command += ["--port", str(self.port), *self._words]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the sandbox ended with status {self._process.returncode}")
            try:
                requests.get(self.url + "/_sandbox/health", timeout=2).raise_for_status()
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return self
        self.kill()
        raise RuntimeError("the sandbox did not answer within 30 s")

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, as a crash would; `start()` brings it back with its state."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status = self._process.wait(timeout=15)
        self._process = None
        return status

    def __enter__(self) -> SandboxProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def control(self, method: str, name: str, body: Any = None, **query: Any) -> Any:
        """Call `/_sandbox/NAME`; the answer's JSON. A refusal raises."""
        answer = requests.request(
            method, f"{self.url}/_sandbox/{name}", json=body, params=query, timeout=30
        )
        if answer.status_code >= 400:
            raise ValueError(f"{answer.status_code}: {answer.text}")
        return json.loads(answer.content)

    def ledger(self, operation: str | None = None, **query: Any) -> list[dict[str, Any]]:
        """Accepted writes in order; narrowed by operation, `account=`, `since=`."""
        if operation is not None:
            query["operation"] = operation
        return list(self.control("GET", "ledger", **query))

    def accounts(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "accounts"))

    def account(self, username: str = "acme") -> dict[str, Any]:
        """One connectable account with its credentials."""
        return next(a for a in self.accounts() if a["username"] == username)

    def make_account(self, username: str, **fields: Any) -> dict[str, Any]:
        """Make or change one: permission, access, premium, dm_open, scopes, reauthorize."""
        return dict(self.control("POST", "accounts", {"username": username, **fields}))

    def fault(self, operation: str, mode: str, **fields: Any) -> dict[str, Any]:
        body = {"operation": operation, "mode": mode, **fields}
        return dict(self.control("POST", "faults", body))

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change some settings, or with none read them."""
        if changes:
            return dict(self.control("POST", "settings", changes))
        return dict(self.control("GET", "settings"))

    def mention(self, to: str = "acme", **fields: Any) -> dict[str, Any]:
        """Make a mention arrive: `from`, `text`, `in_reply_to_post_id`."""
        return dict(self.control("POST", "mentions", {"to": to, **fields}))

    def dm(self, to: str = "acme", **fields: Any) -> dict[str, Any]:
        return dict(self.control("POST", "dms", {"to": to, **fields}))

    def reset(self) -> None:
        self.control("POST", "reset", {})
