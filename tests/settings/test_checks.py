"""Each system check speaks when its trouble is there, and only then."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone

from accounts.models import Event
from tests.settings.environments import environment, live_environment
from xmanager.checks import TAG
from xmanager.home import PROJECT, ensure_home


def _ids(databases: list[str] | None = None) -> list[str]:
    return [str(message.id) for message in run_checks(tags=[TAG], databases=databases)]


@pytest.fixture
def own_home(tmp_path: Path, settings: Any) -> Path:
    home = tmp_path / "home"
    ensure_home(home)
    settings.XM_HOME = home
    return home


def test_a_fresh_home_has_no_findings(own_home: Path) -> None:
    assert _ids() == []


def test_a_call_that_could_outlive_its_lease(own_home: Path, settings: Any) -> None:
    settings.XM_CALL_DEADLINE_SECONDS, settings.XM_LEASE_SECONDS = 31, 60
    assert _ids() == ["xmanager.E003"]


def test_home_open_to_everyone(own_home: Path) -> None:
    own_home.chmod(0o755)
    assert _ids() == ["xmanager.W001"]


def test_key_open_to_others(own_home: Path) -> None:
    key = own_home / "keys" / "secret_key"
    key.write_text("x")
    key.chmod(0o640)
    assert _ids() == ["xmanager.E001"]
    key.chmod(0o600)
    assert _ids() == []


@pytest.mark.parametrize(
    ("broker", "database", "found"),
    [
        ("redis://queue.example:6379", "sqlite3", ["xmanager.W002"]),
        ("redis://queue.example:6379", "postgresql", []),
        ("redis://127.0.0.1:6379", "sqlite3", []),
    ],
)
def test_broker_of_many_machines_with_a_database_of_one(
    own_home: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    broker: str,
    database: str,
    found: list[str],
) -> None:
    settings.XM_BROKER_URL = broker
    engine = f"django.db.backends.{database}"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", engine)
    assert _ids() == found


@pytest.mark.django_db
def test_clock_behind_the_newest_event(own_home: Path) -> None:
    event = Event.objects.create(name="pause.on", actor_kind="system", actor_label="X Manager")
    assert _ids(["default"]) == []
    Event.objects.filter(pk=event.pk).update(at=timezone.now() + timedelta(hours=2))
    assert _ids(["default"]) == ["xmanager.W003"]


@pytest.mark.django_db(transaction=True)
def test_database_without_write_ahead_log(own_home: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=DELETE")
        try:
            assert _ids(["default"]) == ["xmanager.E002"]
        finally:
            cursor.execute("PRAGMA journal_mode=WAL")
    assert _ids(["default"]) == []


@pytest.mark.parametrize("make", [environment, live_environment])
def test_deploy_checks_are_clean(tmp_path: Path, make: type) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT,
        env=make(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_open_key_stops_the_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ensure_home(home)
    key = home / "keys" / "secret_key"
    key.write_text("x" * 60)
    key.chmod(0o644)
    done = subprocess.run(
        [sys.executable, "manage.py", "boot"],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "xmanager.E001" in done.stderr
    assert (
        not sqlite3.connect(home / "xmanager.sqlite3")
        .execute("SELECT name FROM sqlite_master")
        .fetchall()
    )
