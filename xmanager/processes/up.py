"""`./xm up` and `./xm down`: everything from nothing to ready, and back."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

from xmanager.home import PROJECT, ensure_home, read_instance, write_instance
from xmanager.processes.environment import PYTHON, child_environment, ensure_environment, locked
from xmanager.processes.errors import CommandFailed
from xmanager.processes.ports import choose_instance
from xmanager.processes.records import forget_record, left_over, read_record, stop_group
from xmanager.processes.status import PARTS, is_up, status, web_url
from xmanager.processes.supervision import (
    MANAGER,
    call,
    manager_answers,
    part_states,
    start_manager,
)

READY_SECONDS = 60.0
# A part that doesn't stay up this long after the start won't come by waiting.
FAILING_SECONDS = 12.0
STOP_SECONDS = 45.0
_LOCK_MESSAGE = "Waiting for another ./xm up or ./xm down on this home …"


def up(home: Path, *, port: int | None = None, live: bool = False) -> int:
    """Start what isn't running, wait until it is ready, and say where it is."""
    os.umask(0o077)
    ensure_environment("base")
    ensure_home(home)
    with locked(home / "run", _LOCK_MESSAGE):
        if _is_running(home):
            return _already_up(home, port, live)
        for name, pids in left_overs(home).items():
            print(f"Stopping {name} ({pids[0]}), left over from an earlier start …", flush=True)
        _stop(home)
        before = read_instance(home)
        write_instance(home, choose_instance(before, port=port, live=live))
        try:
            _start(home)
        except BaseException:
            _stop(home)
            write_instance(home, before)
            raise
    instance = read_instance(home)
    print(f"X Manager is up in {instance['mode']} mode: {web_url(instance)}/admin/")
    _print_sign_in(home)
    return 0


def _is_running(home: Path) -> bool:
    """Whether the manager is there and was told to run every part; a start that was cut short
    has stopped ones and is done again."""
    if not manager_answers(home):
        return False
    states = {state["statename"] for state in part_states(home).values()}
    return not states & {"STOPPED", "STOPPING", "FATAL"}


def _start(home: Path) -> None:
    instance = read_instance(home)
    environment = child_environment(home, XM_MODE=instance["mode"])
    boot = subprocess.Popen([str(PYTHON), str(PROJECT / "manage.py"), "boot"], env=environment)
    try:
        start_manager(home, instance)  # the sandbox comes up while the boot is under way
        if boot.wait():
            raise CommandFailed("X Manager was not started: see above.")
    finally:
        if boot.poll() is None:
            boot.kill()
            boot.wait()
    for name in ("web", "worker"):
        call(home, "startProcess", name, False)
    _wait_until_ready(home)


def _wait_until_ready(home: Path) -> None:
    begun = time.monotonic()
    while not is_up(found := status(home)):
        waited = time.monotonic() - begun
        failing = [
            name
            for name, state in part_states(home).items()
            if state["statename"] in ("BACKOFF", "FATAL", "EXITED")
        ]
        if waited > READY_SECONDS or (failing and waited > FAILING_SECONDS):
            names = failing or [name for name in PARTS if found[name] and not found[name]["ok"]]
            raise CommandFailed("\n".join(_why_not(home, name) for name in names))
        time.sleep(0.05)


def _why_not(home: Path, name: str) -> str:
    log = home / "logs" / f"{name}.log"
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"The {name} part did not get ready. The end of {log}:", *lines])
    return f"The {name} part did not get ready, and it wrote no log ({log})."


def _already_up(home: Path, port: int | None, live: bool) -> int:
    instance = read_instance(home)
    if live and instance["mode"] != "live":
        raise CommandFailed(
            "X Manager is already up on this home, in sandbox mode. Run ./xm down first, or give "
            "live mode a home of its own (--home)."
        )
    _wait_until_ready(home)
    print(f"X Manager is already up in {instance['mode']} mode: {web_url(instance)}/admin/")
    if port and port != instance["port"]:
        print(f"To move it to port {port}, run ./xm down first.")
    environment = child_environment(home, XM_MODE=instance["mode"])
    if (home / "keys" / "first_sign_in").exists():  # does its password still work?
        command = [str(PYTHON), str(PROJECT / "manage.py"), "first_sign_in"]
        subprocess.run(command, env=environment, check=False)
    return 0


def _print_sign_in(home: Path) -> None:
    with contextlib.suppress(OSError):
        first = json.loads((home / "keys" / "first_sign_in").read_text())
        print(f"Sign in as {first['username']} with the one-time password {first['password']}")


def left_overs(home: Path) -> dict[str, list[int]]:
    """Processes of this home that run without their manager, by part."""
    names = (MANAGER, *PARTS)
    found = {name: left_over(read_record(home, name), str(PROJECT)) for name in names}
    return {name: pids for name, pids in found.items() if pids}


def _clear(home: Path) -> None:
    """End whatever of this home still runs (the manager first: it would start parts again)."""
    for name in (MANAGER, *PARTS):
        record = read_record(home, name)
        if record is not None:
            stop_group(record, str(PROJECT))
        forget_record(home, name)


def _stop(home: Path) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
        call(home, "stopAllProcesses", False)  # all at the same time; shutdown goes one by one
        call(home, "shutdown")
    deadline = time.monotonic() + STOP_SECONDS
    while left_overs(home) and manager_answers(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    _clear(home)


def down(home: Path) -> int:
    """Stop every part and the manager; fine when nothing runs."""
    if not (home / "run").is_dir():
        print("X Manager is not running.")
        return 0
    with locked(home / "run", _LOCK_MESSAGE):
        running = manager_answers(home) or bool(left_overs(home))
        _stop(home)
    print("X Manager is stopped." if running else "X Manager was not running.")
    return 0


def manager_is_missing(home: Path) -> str:
    """A sentence for `status` when parts run that nobody would start again; else empty."""
    if manager_answers(home):
        return ""
    orphans: dict[str, Any] = left_overs(home)
    if not orphans:
        return ""
    names = ", ".join(f"{name} ({pids[0]})" for name, pids in orphans.items())
    return f"The process manager is gone, but {names} still run. ./xm up puts that right."
