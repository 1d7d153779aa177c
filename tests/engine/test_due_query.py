"""Finding what is due stays quick and uses an index, however much waits."""

from __future__ import annotations

import statistics
import time

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Account
from accounts.states import AccountStatus
from execution.models import Action, Lane
from execution.querysets import due_lanes, next_due, next_of_account
from policy.holds import Cooldowns, Pauses

WAITING = 100_000
INDEXES = ("action_next_due", "action_due_of_account")


@pytest.fixture
def crowd(db: None) -> Account:
    """100,000 actions of 20 accounts, one a second from tomorrow on; and one that is due."""
    accounts = Account.objects.bulk_create(
        Account(slot=slot, x_user_id=str(slot), username=f"a{slot}", status=AccountStatus.CONNECTED)
        for slot in range(1, 21)
    )
    Lane.objects.bulk_create(Lane(account=account) for account in accounts)
    seed = Action.objects.create(
        account=accounts[3], action_type="post", due_at=timezone.now(), created_by="test"
    )
    copy_many(seed, [account.pk for account in accounts])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return accounts[3]


def copy_many(seed: Action, accounts: list[int]) -> None:
    """Copies of one action for these accounts in turn, made inside the database."""
    if connection.vendor == "postgresql":
        due = "now() + (86400 + n.i) * interval '1 second'"
    else:
        due = "strftime('%Y-%m-%d %H:%M:%S', 'now', '+' || (86400 + n.i) || ' seconds')"
    replaced = {
        "due_at": due,
        "account_id": f"{min(accounts)} + n.i %% {len(accounts)}",
    }
    columns = [field.column for field in Action._meta.concrete_fields if field.column != "id"]
    values = [replaced.get(column, f"a.{column}") for column in columns]
    numbers = f"SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING - 1}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(i) AS ({numbers}) "
            f"INSERT INTO execution_action ({', '.join(columns)}) "
            f"SELECT {', '.join(values)} FROM n, execution_action a WHERE a.id = %s",
            [seed.pk],
        )


def median_ms(work) -> float:
    # SQLite works in this thread: its own time tells, whatever else the machine is doing.
    clock = time.thread_time if connection.vendor == "sqlite" else time.perf_counter
    times = []
    for _ in range(15):
        begin = clock()
        work()
        times.append(clock() - begin)
    return statistics.median(times) * 1000


def plan(queryset) -> str:
    return str(queryset.explain())


def test_the_next_due_of_100_000_is_found_by_index_within_5_ms(crowd: Account) -> None:
    now = timezone.now()
    upcoming = next_of_account(crowd.pk, now, Pauses(), Cooldowns())[:1]
    first = Action.objects.filter(status="scheduled", due_at__isnull=False).order_by("due_at", "id")
    for query in (upcoming, first[:1]):
        found = plan(query)
        assert any(name in found for name in INDEXES), found
    spent = {
        "next_due": median_ms(next_due),
        "of account": median_ms(
            lambda: next_of_account(crowd.pk, now, Pauses(), Cooldowns()).first()
        ),
        "due lanes": median_ms(lambda: due_lanes(now, Pauses(), Cooldowns())),
    }
    print({name: f"{ms:.2f} ms" for name, ms in spent.items()})
    limit = 5 if connection.vendor == "sqlite" else 25
    assert spent["next_due"] <= limit, spent
    assert max(spent.values()) <= 3 * limit, spent  # these build larger queries in Python first
    assert due_lanes(now, Pauses(), Cooldowns()) == [crowd.pk]
