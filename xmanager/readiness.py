"""Is this installation able to do its work? Each check with cause and next step; no call to X."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_q.brokers import get_broker

from accounts.models import Account
from accounts.selectors import health_of, unreadable_secrets
from accounts.states import AccountStatus
from execution.models import WorkerHeartbeat

FRESH_SECONDS = 60


@dataclass(frozen=True)
class Check:
    """One finding. `cause` and `next_step` are empty where all is well."""

    check: str
    ok: bool
    cause: str = ""
    next_step: str = ""


def readiness() -> list[Check]:
    """Every check, in the order in which to mend them. Later ones need the database."""
    found = [_database()]
    if found[0].ok:
        found.append(_migrations())
    if all(check.ok for check in found):
        for look in (_broker, _worker, _accounts, _keys):
            found.append(_guarded(look))
    return found


def is_ready(checks: list[Check]) -> bool:
    return all(check.ok for check in checks)


def _guarded(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except DatabaseError as error:
        return Check(look.__name__.strip("_"), False, str(error), "Look at the database's log.")


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Check(
            "database",
            False,
            f"The database does not answer: {error}",
            "Check DATABASE_URL and that the database runs.",
        )
    return Check("database", True)


def _migrations() -> Check:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        return Check(
            "migrations",
            False,
            f"{len(pending)} migrations are not applied.",
            "Run ./xm migrate (./xm up does it).",
        )
    return Check("migrations", True)


def _broker() -> Check:
    try:
        get_broker().ping()
        get_broker().queue_size()
    except Exception as error:
        where = "XM_BROKER_URL" if settings.XM_BROKER_URL else "the database"
        return Check(
            "broker",
            False,
            f"The queue does not answer: {error}",
            f"Check {where} and that the server behind it runs.",
        )
    return Check("broker", True)


def _worker() -> Check:
    now = timezone.now()
    row = WorkerHeartbeat.objects.order_by("-seen_at").first()
    if row is None or (now - row.seen_at).total_seconds() > FRESH_SECONDS:
        seen = f"was last seen {row.seen_at:%Y-%m-%d %H:%M:%S} UTC" if row else "never ran"
        return Check(
            "worker",
            False,
            f"The worker {seen}: nothing is sent.",
            "Run ./xm up, and look at ./xm logs worker.",
        )
    started = (now - row.started_at).total_seconds()
    stuck = row.drained_at is None or (now - row.drained_at).total_seconds() > FRESH_SECONDS
    if stuck and started > FRESH_SECONDS:
        return Check(
            "worker",
            False,
            "The worker lives, but nothing comes through its queue.",
            "It replaces its cluster by itself; if this stays, look at ./xm logs worker.",
        )
    return Check("worker", True)


def _accounts() -> Check:
    accounts = list(Account.objects.select_related("app").order_by("slot"))
    connected = [account for account in accounts if account.status == AccountStatus.CONNECTED]
    if not accounts:
        return Check(
            "accounts", False, "No X account is connected.", "Run ./xm connect_account --slot 1"
        )
    broken = [a for a in accounts if a.status == AccountStatus.RECONNECT_NEEDED]
    if broken:
        health = health_of(broken[0])
        names = ", ".join(str(account) for account in broken)
        return Check("accounts", False, f"{names}: {health.reason}", health.next_step)
    if not connected:
        return Check(
            "accounts",
            False,
            "Every account is disconnected.",
            f"Run ./xm connect_account --slot {accounts[0].slot}",
        )
    return Check("accounts", True)


def _keys() -> Check:
    accounts = Account.objects.select_related("app").order_by("slot")
    shut = [str(account) for account in accounts if health_of(account).status == "unreadable"]
    # A developer app may hold keys that no account uses yet.
    cause = ", ".join(shut) or next(unreadable_secrets(), None)
    if cause:
        return Check(
            "keys",
            False,
            f"Stored secrets can't be read: {cause}.",
            "Add the key they were written with to FIELD_ENCRYPTION_KEY, or connect again.",
        )
    return Check("keys", True)
