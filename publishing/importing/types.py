"""What a parsed file looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FileFormat = Literal["auto", "xmanager", "hootsuite", "buffer"]
DateOrder = Literal["auto", "mdy", "dmy"]


@dataclass(frozen=True, slots=True)
class RowError:
    """Something wrong (or, in ``notes``, worth telling) at one place of the file.

    ``line`` is the physical line in the file, from 1; ``column`` the header as the file writes
    it, or "" where no single column is meant. ``code`` is stable; ``detail`` is for people:
    the cause, then how to fix it.
    """

    line: int
    column: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ParsedMedia:
    """One attachment: ``ref`` is a file name, a media id, a content hash or an http(s) URL."""

    ref: str
    alt_text: str = ""

    @property
    def is_url(self) -> bool:
        return self.ref.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class ParsedPoll:
    options: tuple[str, ...]
    duration_minutes: int


@dataclass(slots=True)
class ParsedPart:
    """One post of X: ``line`` is the line of the row it came from."""

    line: int
    text: str
    media: list[ParsedMedia] = field(default_factory=list)
    poll: ParsedPoll | None = None


@dataclass(slots=True)
class ParsedItem:
    """A post (one part) or a thread (several), importable when ``errors`` is empty.

    ``scheduled_time`` is in UTC, or None where the file states none. ``raw`` holds, for each of
    ``lines``, the cells as the file wrote them, by header, for mending a row in place.
    """

    line: int
    lines: list[int]
    parts: list[ParsedPart]
    raw: list[dict[str, str]]
    scheduled_time: datetime | None = None
    slot: int | None = None
    thread_key: str = ""
    labels: list[str] = field(default_factory=list)
    reply_to_post_id: str | None = None
    community_id: str | None = None
    source_url: str = ""
    errors: list[RowError] = field(default_factory=list)

    @property
    def kind(self) -> Literal["post", "thread"]:
        return "thread" if len(self.parts) > 1 else "post"

    @property
    def ok(self) -> bool:
        return not self.errors


@dataclass(slots=True)
class ParsedFile:
    """The whole file.

    ``items`` holds every row, good or bad; ``errors`` all errors in the order of the file, those
    of the items among them. Errors that concern the whole file (it can't be decoded, a column is
    missing, it is too long) come with no items at all, so that no part of it is imported unseen.
    """

    format: str = "xmanager"
    encoding: str = ""
    delimiter: str = ","
    zone: str = ""
    date_order: Literal["mdy", "dmy"] | None = None
    columns_recognised: dict[str, str] = field(default_factory=dict)
    columns_ignored: list[str] = field(default_factory=list)
    rows: int = 0
    items: list[ParsedItem] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)

    @property
    def importable(self) -> list[ParsedItem]:
        return [item for item in self.items if item.ok]
