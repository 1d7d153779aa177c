"""System checks of the installation (`manage.py check`, and at every start).

Errors stop a start; warnings are shown. What is about other servers (broker, X) and changes by
the minute belongs to readiness, not here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError, connections
from django.utils import timezone

from accounts.models import Event
from xmanager.live_mode import LOOPBACK

TAG = "xmanager"
CLOCK_TOLERANCE = timedelta(minutes=5)


def _mode(path: Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@register(TAG)
def home_is_private(**kwargs: Any) -> list[CheckMessage]:
    """W001: other users of the machine can read the home. (Live mode refuses to start.)"""
    home = Path(settings.XM_HOME)
    if not _mode(home) & stat.S_IRWXO:
        return []
    return [
        Warning(
            f"The home {home} can be read by every user of this machine.",
            hint=f"Run: chmod o-rwx {home}",
            id="xmanager.W001",
        )
    ]


@register(TAG)
def keys_are_private(**kwargs: Any) -> list[CheckMessage]:
    """E001: a file in `keys/` is open to others than its owner."""
    keys = sorted(path for path in (Path(settings.XM_HOME) / "keys").iterdir() if path.is_file())
    return [
        Error(
            f"The key file {path} can be read by others than its owner.",
            hint=f"Run: chmod 600 {path} — and if others use this machine, take a new key.",
            id="xmanager.E001",
        )
        for path in keys
        if _mode(path) & (stat.S_IRWXG | stat.S_IRWXO)
    ]


@register(TAG)
def database_is_shared_like_the_broker(**kwargs: Any) -> list[CheckMessage]:
    """W002: a broker for several machines, but a database that only this one has."""
    broker = urlsplit(settings.XM_BROKER_URL)
    remote = broker.hostname is not None and broker.hostname not in LOOPBACK
    if not remote or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return []
    return [
        Warning(
            "XM_BROKER_URL names another machine, but the database is a SQLite file on this one: "
            "workers elsewhere would not see the posts they are rung for.",
            hint="Set DATABASE_URL to a PostgreSQL database.",
            id="xmanager.W002",
        )
    ]


@register(TAG)
def sqlite_keeps_a_write_ahead_log(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E002: SQLite can't use WAL where the database lies (network file systems can't)."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            (journal,) = cursor.fetchone()
        if journal not in ("wal", "memory"):
            problems.append(
                Error(
                    f"SQLite keeps its journal as {journal!r} instead of a write-ahead log in "
                    f"{connection.settings_dict['NAME']}: web and worker would block each other.",
                    hint="Put the home on a local disk (--home DIR), or use PostgreSQL "
                    "(DATABASE_URL).",
                    id="xmanager.E002",
                )
            )
    return problems


@register(TAG)
def clock_did_not_go_back(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W003: the newest event is from the future, so the clock was or is wrong."""
    if "default" not in (databases or ()):
        return []
    try:
        newest = Event.objects.order_by("-id").values_list("at", flat=True).first()
    except DatabaseError:  # not migrated yet
        return []
    if newest is None or newest <= timezone.now() + CLOCK_TOLERANCE:
        return []
    return [
        Warning(
            f"The newest event is from {newest:%Y-%m-%d %H:%M} UTC, but this machine's clock says "
            f"{timezone.now():%Y-%m-%d %H:%M} UTC. Posts leave by this clock, and X refuses "
            "requests signed with a wrong time.",
            hint="Set the clock (timedatectl set-ntp true), then start again.",
            id="xmanager.W003",
        )
    ]


@register(TAG)
def a_call_ends_before_its_lease(**kwargs: Any) -> list[CheckMessage]:
    """E003: a call to X could outlive the lease that keeps others from the account."""
    if settings.XM_CALL_DEADLINE_SECONDS * 2 <= settings.XM_LEASE_SECONDS:
        return []
    return [
        Error(
            f"XM_CALL_DEADLINE_SECONDS ({settings.XM_CALL_DEADLINE_SECONDS}) is more than half of "
            f"XM_LEASE_SECONDS ({settings.XM_LEASE_SECONDS}): a slow call could outlive its lease.",
            hint="Raise XM_LEASE_SECONDS or lower XM_CALL_DEADLINE_SECONDS.",
            id="xmanager.E003",
        )
    ]
