"""Which column of a file is which field: our names, their aliases, and the two bulk formats.

The bulk formats, known from other people's exporters and guides rather than the makers' own pages:
Hootsuite's has no header row: date and time (MM/DD/YYYY HH:mm unless the account says otherwise),
message, link. Buffer's has the headers Text, Image URL, Tags, Posting Time, and writes times as
YYYY-MM-DD HH:mm (its Help Center, article 926). Both give times without a zone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from publishing.importing.types import RowError

# Field -> names it goes by, in the form `normalise` gives. The first is our own.
ALIASES: dict[str, tuple[str, ...]] = {
    "text": ("text", "posttext", "post", "message", "content", "tweet", "tweettext", "body"),
    "scheduled_time": (
        "scheduledtime",
        "scheduledat",
        "scheduledfor",
        "scheduletime",
        "schedule",
        "publishat",
        "publishtime",
        "postingtime",
        "posttime",
        "postat",
        "sendat",
        "datetime",
        "dateandtime",
        "datetime24h",
    ),
    "date": ("date", "scheduleddate", "publishdate", "postingdate", "postdate", "datum"),
    "time": ("time", "timeofday", "uhrzeit"),
    "timezone": ("timezone", "tz", "zone"),
    "slot": ("slot", "accountslot"),
    "thread": ("thread", "threadkey", "threadid"),
    "media": (
        "media",
        "mediafiles",
        "mediafile",
        "mediaids",
        "mediaid",
        "images",
        "image",
        "imageurl",
        "imageurls",
        "picture",
        "photo",
        "attachments",
    ),
    "alt_text": ("alttext", "alt", "alttexts", "imagealttext", "mediaalttext"),
    "labels": ("labels", "label", "tags", "tag"),
    "reply": ("reply", "replyto", "inreplyto", "replytopostid", "inreplytotweetid"),
    "community": ("community", "communityid"),
    "link": ("link", "url", "sourceurl", "linkurl"),
    "poll": ("poll", "polloptions"),
    "poll_minutes": ("pollminutes", "polldurationminutes", "pollduration"),
}
_FIELD_OF = {alias: name for name, aliases in ALIASES.items() for alias in aliases}

HOOTSUITE_COLUMNS = ("Date", "Message", "Link", "Image URL")
_HOOTSUITE_DATES = {"date", "datetime", "dateandtime"}


def normalise(header: str) -> str:
    """A header without case, spaces, underscores and punctuation."""
    return re.sub(r"[\W_]+", "", header.casefold())


def field_of(header: str) -> str | None:
    """Our field for a header, by name or alias."""
    return _FIELD_OF.get(normalise(header))


def format_of_headers(headers: list[str]) -> str:
    """``hootsuite``, ``buffer`` or ``xmanager``, told from the names alone."""
    names = [normalise(header) for header in headers]
    if "text" in names and "postingtime" in names:
        return "buffer"
    if len(names) >= 2 and names[0] in _HOOTSUITE_DATES and names[1] == "message":
        return "hootsuite"
    return "xmanager"


@dataclass(slots=True)
class Columns:
    """Where each field is: ``index`` by field; ``headers`` as the file writes them."""

    headers: list[str]
    index: dict[str, int] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    notes: list[RowError] = field(default_factory=list)

    def header(self, name: str) -> str:
        """The header a field came from, for messages; the field's own name if it has none."""
        position = self.index.get(name)
        return self.headers[position] if position is not None else name

    def cell(self, cells: list[str], name: str) -> str:
        """A field's cell in a row, trimmed; "" if the file or the row has none."""
        position = self.index.get(name)
        if position is None or position >= len(cells):
            return ""
        return cells[position].strip()

    @property
    def recognised(self) -> dict[str, str]:
        ordered = sorted(self.index.items(), key=lambda pair: pair[1])
        return {self.headers[position]: name for name, position in ordered}

    @property
    def ignored(self) -> list[str]:
        used = set(self.index.values())
        return [header for at, header in enumerate(self.headers) if at not in used and header]


def assign(cells: list[str], line: int, mapping: Mapping[str, str] | None) -> Columns:
    """Give each column its field. ``mapping`` (header -> field, or "" to leave a column out)
    goes before names and aliases."""
    columns = Columns(_named(cells))
    claimed = _apply_mapping(columns, line, mapping or {})
    wanted: dict[str, list[int]] = {}
    for position, header in enumerate(columns.headers):
        name = field_of(header)
        if position not in claimed and name and name not in columns.index:
            wanted.setdefault(name, []).append(position)
    for name, positions in wanted.items():
        own = [at for at in positions if normalise(columns.headers[at]) == ALIASES[name][0]]
        best = own or positions
        if len(best) > 1:
            names = " and ".join(f"“{columns.headers[at]}”" for at in best)
            detail = f"{names} both mean {name}. Remove or rename one of them."
            columns.errors.append(
                RowError(line, columns.headers[best[1]], "duplicate_column", detail)
            )
        columns.index[name] = best[0]
    _settle_date_and_time(columns)
    if "text" not in columns.index:
        columns.errors.append(_no_text(columns, line))
    left_out = {columns.headers[at] for at in claimed}
    columns.notes.extend(
        _ignored_note(header, line) for header in columns.ignored if header not in left_out
    )
    return columns


def _named(cells: list[str]) -> list[str]:
    """Headers trimmed; those after the last named one dropped (a trailing delimiter)."""
    headers = [" ".join(cell.split()) for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    return headers


def _apply_mapping(columns: Columns, line: int, mapping: Mapping[str, str]) -> set[int]:
    places = {normalise(header): at for at, header in enumerate(columns.headers)}
    claimed: set[int] = set()
    for header, name in mapping.items():
        position = places.get(normalise(header))
        if position is None:
            detail = f"The mapping names a column “{header}” that the file does not have."
            columns.errors.append(RowError(line, header, "mapping_unknown_column", detail))
        elif name and name not in ALIASES:
            detail = f"The mapping gives a field “{name}”; the fields are {', '.join(ALIASES)}."
            columns.errors.append(RowError(line, header, "mapping_unknown_field", detail))
        elif name in columns.index:
            detail = f"The mapping gives two columns the field {name}. Choose one of them."
            columns.errors.append(RowError(line, header, "duplicate_column", detail))
        else:
            claimed.add(position)
            if name:
                columns.index[name] = position
    return claimed


def _settle_date_and_time(columns: Columns) -> None:
    """``date`` and ``time`` are halves only where both are there and no full column is."""
    index = columns.index
    if "scheduled_time" in index:
        index.pop("date", None)
        index.pop("time", None)
    elif ("date" in index) != ("time" in index):
        lone = "date" if "date" in index else "time"
        index["scheduled_time"] = index.pop(lone)


def _no_text(columns: Columns, line: int) -> RowError:
    names = ", ".join(f"“{header}”" for header in columns.headers[:20] if header)
    if not columns.index:
        detail = (
            f"The first line names no column that is known; it reads {names or 'blank'}. Put the "
            "column names in the first line: text, scheduled_time and so on."
        )
        return RowError(line, "", "no_header", detail)
    detail = f"There is no column for the text of the posts; the columns are {names}. "
    return RowError(line, "text", "missing_column", detail + "Name one of them text.")


def _ignored_note(header: str, line: int) -> RowError:
    near = difflib.get_close_matches(normalise(header), _FIELD_OF, n=1, cutoff=0.8)
    hint = f" If it is {_FIELD_OF[near[0]]}, name it so." if near else ""
    detail = f"The column “{header}” is not one of ours and was left out.{hint}"
    return RowError(line, header, "column_ignored", detail)
