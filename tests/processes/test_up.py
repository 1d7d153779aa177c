"""`./xm up` and what it leaves running, with real processes in one home.

The tests share the installation and leave it running; the last ones take it down.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.installation import Installation, free_port, wait_until
from xmanager.processes.records import command_line, started

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("installation")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    # As unfriendly as a path may be: blanks, a percent sign, and too long for a socket.
    home = tmp_path_factory.mktemp("home") / "my 100% home" / ("long" * 20)
    installation = Installation(home)
    try:
        installation.up("--port", str(free_port()))
        yield installation
    finally:
        installation.down()


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_status_tells_of_every_part(running: Installation) -> None:
    done = running.xm("status", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found.keys() == {"home", "mode", "web", "worker", "sandbox"}
    assert (found["home"], found["mode"]) == (str(running.home), "sandbox")
    assert found["web"].keys() == found["sandbox"].keys() == {"url", "pid", "ok"}
    assert found["worker"].keys() == {"pid", "ok", "heartbeat_age_s"}
    assert found["worker"]["heartbeat_age_s"] < 30


def test_up_again_says_so_and_shows_the_sign_in(running: Installation) -> None:
    before = running.status()["web"]["pid"]
    again = running.up()
    assert f"already up in sandbox mode: {running.url()}/admin/" in again.stdout
    assert "one-time password" in again.stdout
    assert running.pid("web") == before


def test_live_mode_is_not_mixed_in(running: Installation) -> None:
    done = running.xm("up", "--live")
    assert done.returncode == 1
    assert "already up on this home, in sandbox mode" in done.stderr


def test_taken_port_is_named_with_a_way_out(running: Installation, tmp_path: Path) -> None:
    port = running.url().rpartition(":")[2]
    done = Installation(tmp_path / "home").xm("up", "--port", port)
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "./xm up --port " in done.stderr


def test_queries_stay_out_of_the_access_log(running: Installation) -> None:
    connection = http.client.HTTPConnection(running.url().removeprefix("http://"))
    connection.request("GET", "/admin/login/?token=a-secret-of-mine")
    assert connection.getresponse().status == 200
    wait_until(lambda: '"GET /admin/login/"' in running.xm("logs", "web").stdout)
    assert "a-secret-of-mine" not in running.log("web")


@pytest.mark.parametrize("part", ["web", "worker", "sandbox"])
def test_killed_part_comes_back(running: Installation, part: str) -> None:
    pid = running.pid(part)
    assert pid is not None
    children = [(child, started(child)) for child in _children(pid)]
    begun = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: running.pid(part) not in (None, pid) and running.is_up())
    print(f"{part} was back after {time.monotonic() - begun:.1f} s")
    assert [child for child, since in children if started(child) == since] == []


def test_killed_child_of_the_web_server_comes_back(running: Installation) -> None:
    pid = running.pid("web")
    assert pid is not None
    victim = _children(pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(_children(pid)) - {victim}) == 2)
    assert running.is_up()


def test_killed_manager_is_told_and_replaced(running: Installation) -> None:
    before = {part: running.pid(part) for part in ("web", "worker", "sandbox")}
    running.kill_manager()
    done = running.xm("status")
    assert done.returncode == 1
    assert "The process manager is gone" in done.stderr
    again = running.up()
    assert f"Stopping web ({before['web']}), left over" in again.stdout
    after = {part: running.pid(part) for part in before}
    assert all(after[part] not in (None, before[part]) for part in before)
    assert [pid for pid in before.values() if "xmanager" in command_line(pid or 0)] == []


def test_later_start_over_wrong_pid_files(running: Installation) -> None:
    running.down()
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)  # noqa: S607
    try:
        for name in ("manager", "web", "worker", "sandbox"):
            record = {"pid": bystander.pid, "started": "another process"}
            (running.home / "run" / f"{name}.pid").write_text(json.dumps(record))
        (running.home / "run" / "supervisord.pid").write_text(str(bystander.pid))
        begun = time.monotonic()
        running.up()
        seconds = time.monotonic() - begun
        print(f"a later start took {seconds:.1f} s")
        assert seconds < 20  # 3 to 5 on a quiet machine of two cores
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_down_then_two_starts_at_the_same_moment(running: Installation) -> None:
    running.down()
    done = running.xm("status")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert [found[part]["pid"] for part in ("web", "worker", "sandbox")] == [None] * 3
    assert running.xm("down").stdout == "X Manager was not running.\n"
    starts = [running.start("up") for _ in range(2)]
    words = sorted(start.communicate(timeout=60)[0] for start in starts)
    assert [start.returncode for start in starts] == [0, 0]
    assert "is already up" in words[0]
    assert "is up" in words[1]
