"""Is everything up? Asked of the system, the web server and the worker's own word; no Django."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any

from xmanager.home import DEFAULT_PORT, read_instance
from xmanager.processes.records import is_alive, read_record
from xmanager.processes.supervision import manager_answers

HEARTBEAT_SECONDS = 30.0
PARTS = ("web", "worker", "sandbox")


def web_url(instance: dict[str, Any]) -> str:
    return f"http://127.0.0.1:{instance.get('port', DEFAULT_PORT)}"


def sandbox_url(instance: dict[str, Any]) -> str:
    return f"http://127.0.0.1:{instance.get('sandbox_port', DEFAULT_PORT + 1)}"


def answers(url: str, path: str, seconds: float = 5.0) -> bool:
    """Whether an HTTP server at `url` answers at all, whatever it says."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=seconds)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def living_pid(home: Path, name: str) -> int | None:
    record = read_record(home, name)
    return record.pid if record and is_alive(record) else None


def heartbeat(home: Path) -> dict[str, Any]:
    """What the worker last wrote of itself: `{"pid", "seen_at", "drained_at"}` (epoch seconds)."""
    try:
        found = json.loads((home / "run" / "worker.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def web_status(home: Path, instance: dict[str, Any]) -> dict[str, Any]:
    pid, url = living_pid(home, "web"), web_url(instance)
    ok = pid is not None and answers(url, "/api/system/readiness")
    return {"url": url, "pid": pid, "ok": ok}


def worker_status(home: Path) -> dict[str, Any]:
    pid, told = living_pid(home, "worker"), heartbeat(home)
    seen = told.get("seen_at")
    age = round(max(0.0, time.time() - seen), 1) if isinstance(seen, int | float) else None
    ok = pid is not None and told.get("pid") == pid and age is not None and age < HEARTBEAT_SECONDS
    return {"pid": pid, "ok": ok, "heartbeat_age_s": age}


def sandbox_status(home: Path, instance: dict[str, Any]) -> dict[str, Any] | None:
    if instance.get("mode", "sandbox") != "sandbox":
        return None
    pid, url = living_pid(home, "sandbox"), sandbox_url(instance)
    return {"url": url, "pid": pid, "ok": pid is not None and answers(url, "/_sandbox/health")}


def status(home: Path) -> dict[str, Any]:
    """The answer of `./xm status`."""
    instance = read_instance(home)
    return {
        "home": str(home),
        "mode": instance.get("mode", "sandbox"),
        "web": web_status(home, instance),
        "worker": worker_status(home),
        "sandbox": sandbox_status(home, instance),
    }


def is_up(found: dict[str, Any]) -> bool:
    return all(found[name]["ok"] for name in PARTS if found[name] is not None)


def watched(home: Path) -> bool:
    """Whether the process manager is there to start again what ends."""
    return manager_answers(home)
