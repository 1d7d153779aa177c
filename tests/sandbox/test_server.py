"""The process: state over a kill, taken ports and homes, orderly end, the living world."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from .client import Caller
from .process import ROOT, SandboxProcess

pytestmark = pytest.mark.processes


def run(home: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "accounts.x.sandbox", "--home", str(home)]
    return subprocess.run(
        [*command, "--port", str(port)], cwd=ROOT, capture_output=True, text=True, timeout=30
    )


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    server = SandboxProcess(tmp_path, options=("--rate-limits", "off")).start()
    answered: list[str] = []

    def post(name: str) -> None:
        caller = Caller(server, name)
        for n in range(10_000):
            try:
                answered.append(caller.post(f"{name} {n}").json()["data"]["id"])
            except (requests.RequestException, KeyError):
                return

    writers = [threading.Thread(target=post, args=(name,)) for name in ("acme", "northwind")]
    server.fault("mentions", "status", times=None)
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 20
    while len(answered) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    for writer in writers:
        writer.join()
    server.start()
    try:
        kept = {entry["id"]: entry for entry in server.ledger("create_post")}
        assert len(answered) >= 50
        assert set(answered) <= kept.keys()
        acme = Caller(server)
        for id_ in kept:
            assert acme.get(f"/2/tweets/{id_}").json()["data"]["id"] == id_
        newest = acme.post("after the crash").json()["data"]["id"]
        assert int(newest) > max(map(int, kept))
        assert acme.get(f"/2/users/{acme.id}/mentions").status_code == 503  # faults are kept too
        assert acme.post(f"acme {0}").status_code == 403  # and what was posted
    finally:
        server.stop()


def test_used_windows_and_settings_survive_a_restart(tmp_path: Path) -> None:
    server = SandboxProcess(tmp_path).start()
    server.settings(limit_overrides={"me": [2, 600]}, read_lag_ms=5)
    acme = Caller(server)
    assert [acme.get("/2/users/me").status_code for _ in range(2)] == [200, 200]
    server.kill()
    server.start()
    try:
        assert acme.get("/2/users/me").status_code == 429
        assert server.settings()["read_lag_ms"] == 5
    finally:
        assert server.stop() == 0


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "one") as server:
        other = run(tmp_path / "two", server.port)
        assert other.returncode == 3
        assert f"Port {server.port}" in other.stderr
        assert len(other.stderr.strip().splitlines()) == 1
        again = run(tmp_path / "one", 0)
        assert again.returncode == 4
        assert "already runs" in again.stderr


def test_sigterm_ends_it_even_while_a_call_hangs(tmp_path: Path) -> None:
    server = SandboxProcess(tmp_path).start()
    server.fault("me", "timeout_before")
    acme = Caller(server)
    ended: list[str] = []

    def call() -> None:
        try:
            acme.get("/2/users/me")
        except requests.RequestException as error:
            ended.append(str(error))

    hanging = threading.Thread(target=call)
    hanging.start()
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 5
    hanging.join()
    assert ended


def test_the_world_writes_by_itself(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, quiet=False) as server:
        server.settings(world_interval_s=[0.02, 0.05])
        callers = [Caller(server, account["username"]) for account in server.accounts()[:5]]
        deadline = time.monotonic() + 90
        mentions = messages = 0
        while time.monotonic() < deadline and not (mentions and messages):
            for caller in callers:
                page = caller.get(f"/2/users/{caller.id}/mentions").json()
                mentions += page["meta"]["result_count"]
                messages += caller.get("/2/dm_events").json()["meta"]["result_count"]
        assert mentions
        assert messages
        assert server.ledger() == []


def test_a_quiet_world_stays_silent(server: SandboxProcess, acme: Caller) -> None:
    server.settings(world_interval_s=[0.01, 0.02])
    time.sleep(0.3)
    assert "data" not in acme.get(f"/2/users/{acme.id}/mentions").json()


def test_many_accounts_post_at_once_without_loss(server: SandboxProcess) -> None:
    names = [account["username"] for account in server.accounts()[:8]]
    made: list[str] = []

    def work(name: str) -> None:
        caller = Caller(server, name)
        made.extend(caller.post(f"n {n}").json()["data"]["id"] for n in range(25))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 200
    ledger = [entry["id"] for entry in server.ledger("create_post")]
    assert sorted(ledger, key=int) == sorted(made, key=int)
    assert ledger == sorted(ledger, key=int)
