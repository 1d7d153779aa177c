"""How a file is to be imported, kept with the import so that any worker can go on with it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from accounts.principals import Principal
from publishing.importing import DateOrder, FileFormat
from publishing.models import PostImport

_RANGE = re.compile(r"\s*([0-9]{1,6})(?:\s*-\s*([0-9]{1,6}))?\s*")


def line_numbers(value: str) -> tuple[int, ...]:
    """`2,5-9` as numbers of lines. Raises ValueError with a sentence for people."""
    found: set[int] = set()
    for part in value.split(","):
        match = _RANGE.fullmatch(part)
        if not match:
            raise ValueError(f"“{part[:20]}” is not a line or a range. Write them as 2,5-9.")
        found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(sorted(found))


@dataclass(frozen=True)
class ImportOptions:
    """`timezone` goes before the account's. `lines`: only the posts with one of these lines.

    `partial`: import the good rows of a file that has bad ones. `mapping`: header -> field of
    the importer, "" to leave the column out.
    """

    dry_run: bool = False
    timezone: str = ""
    format: FileFormat = "auto"
    date_order: DateOrder = "auto"
    partial: bool = False
    lines: tuple[int, ...] | None = None
    mapping: dict[str, str] | None = None

    def as_json(self, actor: Principal) -> dict[str, Any]:
        slots = None if actor.slots is None else sorted(actor.slots)
        who = {"kind": actor.kind, "id": actor.id, "label": actor.label, "slots": slots}
        return {**asdict(self), "actor": who}


def options_of(row: PostImport) -> ImportOptions:
    values = {name: value for name, value in row.options.items() if name != "actor"}
    if values["lines"] is not None:
        values["lines"] = tuple(values["lines"])
    return ImportOptions(**values)


def actor_of(row: PostImport) -> Principal:
    """Who asked for the import, with the accounts that were allowed then."""
    who = row.options["actor"]
    slots = None if who["slots"] is None else frozenset(who["slots"])
    return Principal(kind=who["kind"], id=who["id"], label=who["label"], slots=slots)
