"""Faults on demand: what a client must survive, chosen per operation through the control face.

| mode | what the client meets | is the write done? |
|---|---|---|
| status | the given status (default 503) at once | no |
| timeout_before | no answer, ever | no |
| reset_before | the connection is reset | no |
| status_after | the given status (default 503) | yes |
| timeout_after | no answer, ever | yes |
| reset_after | the connection is reset | yes |
| garbage_after | a success whose body is not JSON | yes |
| truncate_after | half of the answer, then the connection closes | yes |
| late_commit | the given status (default 503) at once, | yes, `delay_ms` later |
| slow | the right answer, `delay_ms` late | yes, at once |
"""

from __future__ import annotations

import json
import random
from fnmatch import fnmatchcase
from typing import Any

from .store import Store

MODES = (
    "status", "timeout_before", "reset_before", "status_after", "timeout_after", "reset_after",
    "garbage_after", "truncate_after", "late_commit", "slow",
)  # fmt: skip
_FIELDS = {
    "operation", "mode", "status", "headers", "body", "delay_ms", "times", "probability",
    "account", "skip",
}  # fmt: skip


class Faults:
    """The waiting faults, oldest first; kept in the store so that a restart keeps them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._random = random.Random(20260401)  # noqa: S311 - chance for tests, not secrecy
        self._any = bool(store.value("SELECT count(*) FROM faults"))

    def add(self, given: Any) -> dict[str, Any]:
        """Validate and keep one; ValueError carries a sentence."""
        spec = _validated(given)
        with self._store.transaction() as db:
            cursor = db.execute(
                "INSERT INTO faults (spec, remaining, hits) VALUES (?, ?, 0)",
                (json.dumps(spec), spec["times"]),
            )
            self._any = True
        return {"id": cursor.lastrowid, **spec, "remaining": spec["times"], "hits": 0}

    def all(self) -> list[dict[str, Any]]:
        return [
            {"id": row["id"], **json.loads(row["spec"])}
            | {"remaining": row["remaining"], "hits": row["hits"]}
            for row in self._store.rows("SELECT * FROM faults ORDER BY id")
        ]

    def clear(self) -> int:
        with self._store.transaction() as db:
            self._any = False
            return db.execute("DELETE FROM faults").rowcount

    def match(self, operation: str, account: dict[str, Any] | None) -> dict[str, Any] | None:
        """The fault that strikes this call, if one does; its count is used up."""
        if not self._any:
            return None
        with self._store.transaction() as db:
            for fault in self.all():
                if fault["remaining"] == 0 or not _concerns(fault, operation, account):
                    continue
                if self._random.random() >= fault["probability"]:
                    continue
                if fault["skip"] > 0:
                    fault["skip"] -= 1
                    spec = {key: fault[key] for key in fault if key in _FIELDS}
                    db.execute(
                        "UPDATE faults SET spec = ? WHERE id = ?", (json.dumps(spec), fault["id"])
                    )
                    continue
                db.execute(
                    "UPDATE faults SET remaining = remaining - 1, hits = hits + 1 WHERE id = ?",
                    (fault["id"],),
                )
                return fault
        return None


def _concerns(fault: dict[str, Any], operation: str, account: dict[str, Any] | None) -> bool:
    if not fnmatchcase(operation, fault["operation"]):
        return False
    if fault["account"] is None:
        return True
    wanted = str(fault["account"]).lower()
    return account is not None and wanted in {account["username"].lower(), str(account["id"])}


def _validated(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("A fault is a JSON object.")
    unknown = sorted(given.keys() - _FIELDS)
    if unknown:
        raise ValueError(f"A fault has no field {unknown[0]!r}; it has: {sorted(_FIELDS)}.")
    if given.get("mode") not in MODES:
        raise ValueError(f"A fault's mode is one of: {', '.join(MODES)}.")
    defaults: dict[str, Any] = {
        "operation": "*", "status": 503, "headers": {}, "body": None, "delay_ms": 1000,
        "times": 1, "probability": 1.0, "account": None, "skip": 0,
    }  # fmt: skip
    spec = defaults | given
    for name in ("status", "delay_ms", "skip", "times"):
        whole = isinstance(spec[name], int) and not isinstance(spec[name], bool)
        if not (whole and spec[name] >= 0) and not (name == "times" and spec[name] is None):
            raise ValueError(f"A fault's {name} is a whole number, 0 or more.")
    if not 100 <= spec["status"] <= 599:
        raise ValueError("A fault's status is an HTTP status between 100 and 599.")
    if not isinstance(spec["probability"], int | float) or not 0 <= spec["probability"] <= 1:
        raise ValueError("A fault's probability is a number from 0 to 1.")
    if not isinstance(spec["headers"], dict) or not isinstance(spec["operation"], str):
        raise ValueError("A fault's headers are an object and its operation is a name.")
    return spec
