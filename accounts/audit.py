"""The chain over the events: numbered, sealed and checked.

Events are written unsealed, in the transaction of the change they tell of. `seal` numbers them
afterwards, in the order of their ids among what is committed (a row that commits late gets a
later number, never a gap), and chains them with a keyed hash. Checkpoints go to a file outside
the database, so that cutting off the end shows too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.models import Event

GENESIS = "0" * 64
BATCH = 200
_LOCK = 0x584D5345  # "XMSE": the advisory lock of the sealer on PostgreSQL
_PURPOSE = b"x-manager audit chain v1"


@dataclass(frozen=True)
class Checkpoint:
    """How far the chain had come: the last number, its hash, and how many rows were sealed."""

    sequence: int
    head: str
    count: int


@dataclass(frozen=True)
class Report:
    """What `verify` found. `problem` names the first bad row; empty means that all is well."""

    rows: int
    unsealed: int
    problem: str = ""
    sequence: int | None = None

    @property
    def ok(self) -> bool:
        return not self.problem


def seal() -> int:
    """Number and chain every committed event that is not sealed yet; the number of them.

    One sealer works at a time; another one that comes meanwhile leaves the rest to it.
    """
    sealed = 0
    try:
        while done := _seal_batch():
            sealed += done
            if done < BATCH:
                break
    except IntegrityError:
        pass  # another sealer took these numbers: the chain is whole, and the rest is its work
    _write_checkpoint()
    return sealed


def verify() -> Report:
    """Walk the whole chain and hold it against the checkpoints. Changes nothing."""
    # Checkpoints first: the chain may grow while it is read, but never behind them.
    expected, unreadable = _read_checkpoints()
    rows, head, keys = 0, GENESIS, _keys()
    unsealed = Event.objects.filter(sequence__isnull=True).count()
    for row in Event.objects.exclude(sequence__isnull=True).order_by("sequence").iterator(1000):
        problem = _fault(row, rows + 1, head, keys)
        if not problem and row.sequence in expected and expected[row.sequence].head != row.hash:
            problem = (
                f"event {row.sequence} is not the one that the checkpoint of that time saw: the "
                "chain was cut off and written anew"
            )
        if problem:
            return Report(rows, unsealed, problem, rows + 1)
        rows, head = rows + 1, row.hash
    stray = Event.objects.filter(sequence__isnull=True).exclude(hash="", previous_hash__isnull=True)
    problem = ""
    if unreadable:
        problem = f"line {unreadable} of {_checkpoint_file()} is no checkpoint"
    elif expected and max(expected) > rows:
        problem = (
            f"the events {rows + 1} to {max(expected)} are gone: a checkpoint saw {max(expected)}"
        )
    elif rows and not expected:
        problem = f"{_checkpoint_file()} is missing: whether the end was cut off can't be told"
    elif first := stray.order_by("id").first():
        problem = f"event row {first.pk} lost its number after it was sealed"
    return Report(rows, unsealed, problem, rows + 1 if problem else None)


def _seal_batch() -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
                if not cursor.fetchone()[0]:
                    return 0
        last = _last_sealed()
        sequence, head = (last.sequence or 0, last.hash) if last else (0, GENESIS)
        waiting = Event.objects.filter(sequence__isnull=True, hash="").order_by("id")[:BATCH]
        key = _keys()[0]
        count = 0
        for row in waiting:
            sequence += 1
            row.sequence, row.previous_hash = sequence, head
            head = row.hash = _hash(row, key)
            row.save(update_fields=["sequence", "previous_hash", "hash"])
            count += 1
    return count


def _last_sealed() -> Event | None:
    return Event.objects.exclude(sequence__isnull=True).order_by("-sequence").first()


def _fault(row: Event, sequence: int, head: str, keys: list[bytes]) -> str:
    if row.sequence != sequence:
        return f"event {sequence} is missing (the next one there is {row.sequence})"
    if row.previous_hash != head:
        return f"event {sequence} does not follow the one before it (row {row.pk})"
    if not any(hmac.compare_digest(_hash(row, key), row.hash) for key in keys):
        return (
            f"event {sequence} was changed after it was sealed (row {row.pk}, {row.name!r}), or "
            "was sealed under an XM_SECRET_KEY that is not listed any more"
        )
    return ""


def _keys() -> list[bytes]:
    """One key per secret key, newest first: rows stay as they were sealed under older ones."""
    return [
        hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


def _hash(row: Event, key: bytes) -> str:
    text = (row.previous_hash or "").encode() + canonical(row)
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def canonical(row: Event) -> bytes:
    """The row as the chain sees it: everything but its hashes, in one spelling."""
    fields: dict[str, Any] = {
        "id": row.pk,
        "sequence": row.sequence,
        "name": row.name,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": row.actor_kind,
        "actor_id": row.actor_id,
        "actor_label": row.actor_label,
        "account_slot": row.account_slot,
        "object_type": row.object_type,
        "object_id": row.object_id,
        "data": row.data,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _checkpoint_file() -> Path:
    return Path(settings.XM_HOME) / "audit" / "checkpoints.jsonl"


def _write_checkpoint() -> None:
    """Append the head of the chain, unless the file has it already (or has a later one)."""
    last = _last_sealed()
    if last is None or last.sequence is None:
        return
    point = Checkpoint(last.sequence, last.hash, last.sequence)
    path = _checkpoint_file()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        known, torn = _end_of(path)
        if known is not None and known.sequence >= point.sequence:
            return
        if torn:  # a power failure left half a line; it told of nothing that this one does not
            file.truncate(file.tell() - torn)
        file.write(json.dumps(asdict(point)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _end_of(path: Path) -> tuple[Checkpoint | None, int]:
    """The last whole line's checkpoint, and how many bytes of an unfinished line follow it."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - 1024, 0))
        whole, newline, torn = file.read().rpartition(b"\n")
    lines = whole.splitlines() if newline else []
    return (_parse(lines[-1]) if lines else None), len(torn)


def _read_checkpoints() -> tuple[dict[int, Checkpoint], int]:
    """The checkpoints by sequence, and the number of the first line that is none (0: all are)."""
    found: dict[int, Checkpoint] = {}
    for number, line in enumerate(_lines(_checkpoint_file()), start=1):
        point = _parse(line)
        if point is None or point.count != point.sequence:
            return found, number
        if found.setdefault(point.sequence, point).head != point.head:
            return found, number
    return found, 0


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            yield from file
    except FileNotFoundError:
        return


def _parse(line: bytes) -> Checkpoint | None:
    try:
        found = json.loads(line)
        return Checkpoint(int(found["sequence"]), str(found["head"]), int(found["count"]))
    except (KeyError, TypeError, ValueError):
        return None
