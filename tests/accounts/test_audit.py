"""The chain over the events: sealing, checking, and what tampering looks like."""

from __future__ import annotations

import random
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts import audit
from accounts.events import EventName, record_event
from accounts.models import Event
from accounts.principals import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_home(settings: Settings, tmp_path: Path) -> Path:
    settings.XM_HOME = tmp_path
    return tmp_path / "audit" / "checkpoints.jsonl"


def tell(count: int, **data: object) -> None:
    for number in range(count):
        record_event(
            EventName.POST_CREATED,
            actor=SYSTEM,
            object_type="post",
            object_id=number,
            account_slot=1,
            n=number,
            text="naïve ✓ “x”",
            **data,
        )


def chain(count: int = 8) -> None:
    """Sealed in several steps, so that there are several checkpoints."""
    for part in (count // 2, count - count // 2):
        tell(part)
        assert audit.seal() == part


def sql(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_chain_is_numbered_and_whole() -> None:
    tell(3, price=0.015, nested={"b": [1, None, True], "a": "z"})
    tell(2)
    assert audit.seal() == 5
    assert audit.seal() == 0
    assert list(Event.objects.order_by("id").values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]
    tell(1)
    report = audit.verify()
    assert (report.ok, report.rows, report.unsealed) == (True, 5, 1)


def test_more_than_a_batch_is_sealed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 3)
    tell(8)
    assert audit.seal() == 8
    assert audit.verify().rows == 8


def test_a_row_that_commits_late_gets_a_later_number() -> None:
    tell(3)
    late = Event.objects.order_by("id").first()
    assert late is not None
    Event.objects.filter(pk=late.pk).delete()
    assert audit.seal() == 2
    late.save(force_insert=True)
    assert audit.seal() == 1
    late.refresh_from_db()
    assert late.sequence == 3
    assert audit.verify().ok


def test_an_empty_log_is_whole() -> None:
    assert audit.seal() == 0
    assert audit.verify().ok


Tampering = Callable[[random.Random], None]


def _edit(chance: random.Random) -> None:
    column, value = chance.choice(
        [
            ("name", "'action.done'"),
            ("at", "'2001-01-01 00:00:00+00:00'"),
            ("actor_label", "'Somebody'"),
            ("actor_id", "'77'"),
            ("actor_kind", "'user'"),
            ("account_slot", "2"),
            ("account_slot", "NULL"),
            ("object_type", "'account'"),
            ("object_id", "'x'"),
            ("data", "'{\"n\": 99}'"),
            ("hash", f"'{'a' * 64}'"),
            ("previous_hash", f"'{'b' * 64}'"),
            ("id", "id + 1000"),
        ]
    )
    statement = f"UPDATE accounts_event SET {column} = {value} WHERE sequence = %s"
    sql(statement, chance.randint(1, 8))


def _delete(chance: random.Random) -> None:
    sql("DELETE FROM accounts_event WHERE sequence = %s", chance.randint(1, 8))


def _cut_off(chance: random.Random) -> None:
    sql("DELETE FROM accounts_event WHERE sequence > %s", chance.randint(0, 7))


def _cut_off_and_seal_others(chance: random.Random) -> None:
    _cut_off(chance)
    tell(8)
    audit.seal()


def _rewrite_unsealed(chance: random.Random) -> None:
    """Take rows out of the chain, edit them, and have the sealer seal them again."""
    sql(
        "UPDATE accounts_event SET sequence = NULL, previous_hash = NULL, hash = '', "
        "object_id = 'edited' WHERE sequence > %s",
        chance.randint(0, 7),
    )
    audit.seal()


def _unnumber(chance: random.Random) -> None:
    sql("UPDATE accounts_event SET sequence = NULL WHERE sequence = %s", chance.randint(1, 8))
    if chance.random() < 0.5:
        audit.seal()


def _swap(chance: random.Random) -> None:
    first, second = chance.sample(range(1, 9), 2)
    sql("UPDATE accounts_event SET sequence = 999 WHERE sequence = %s", first)
    sql("UPDATE accounts_event SET sequence = %s WHERE sequence = %s", first, second)
    sql("UPDATE accounts_event SET sequence = %s WHERE sequence = 999", second)


def _insert(chance: random.Random) -> None:
    """A forged row at the end, or in the middle after making room for it."""
    row = Event.objects.order_by("?").first()
    assert row is not None
    place = chance.randint(1, 9)
    for sequence in range(8, place - 1, -1):
        sql("UPDATE accounts_event SET sequence = %s WHERE sequence = %s", sequence + 1, sequence)
    row.pk, row.sequence, row.previous_hash = None, place, f"{chance.getrandbits(256):064x}"
    if place == 9 and chance.random() < 0.5:
        row.previous_hash = Event.objects.get(sequence=8).hash
    row.save(force_insert=True)


WAYS: list[Tampering] = [
    _edit, _delete, _cut_off, _cut_off_and_seal_others, _rewrite_unsealed, _unnumber, _swap, _insert
]  # fmt: skip


@pytest.mark.parametrize("seed", range(100))
def test_random_tampering_is_found(seed: int) -> None:
    chain()
    assert audit.verify().ok
    way = WAYS[seed % len(WAYS)]
    way(random.Random(seed))
    report = audit.verify()
    assert not report.ok, way.__name__
    assert report.problem


def test_the_first_bad_event_is_named() -> None:
    chain()
    sql("UPDATE accounts_event SET object_id = 'x' WHERE sequence IN (5, 7)")
    with pytest.raises(CommandError, match=r"event 5 was changed.*The 4 events before"):
        call_command("verify_audit")


def test_the_command_says_that_all_is_well() -> None:
    chain(2)
    tell(1)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue() == "The audit chain is whole: 2 events. 1 not sealed yet.\n"


def test_a_missing_checkpoint_file_is_told_and_healed(own_home: Path) -> None:
    chain()
    own_home.unlink()
    assert "is missing" in audit.verify().problem
    audit.seal()
    assert audit.verify().ok


def test_half_a_line_after_a_power_failure_is_replaced(own_home: Path) -> None:
    chain()
    with own_home.open("a") as file:
        file.write('{"sequence": 12')
    tell(1)
    audit.seal()
    assert audit.verify().ok
    own_home.write_text("nonsense\n" + own_home.read_text())
    assert "line 1" in audit.verify().problem


def test_a_new_secret_key_leaves_old_rows_valid(settings: Settings) -> None:
    chain()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    tell(2)
    audit.seal()
    assert audit.verify().rows == 10
    assert audit.verify().ok
    settings.SECRET_KEY_FALLBACKS = []
    assert "not listed any more" in audit.verify().problem


def test_the_checkpoints_are_for_the_owner_only(own_home: Path) -> None:
    chain()
    assert own_home.stat().st_mode & 0o077 == 0
    assert len(own_home.read_text().splitlines()) == 2
