"""One cell to one value: ids, links, labels, media, polls. Each raises `CellFault` if it can't.

Facts of X are from its API documentation: ids are decimal strings of at most 19 digits; a post
takes at most four media; alt text up to 1000 characters; a poll has two to four options of up to
25 characters and runs 5 to 10080 minutes.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from publishing.importing.types import ParsedMedia, ParsedPoll

MAX_MEDIA = 4
MAX_ALT_TEXT = 1000
POLL_OPTIONS = range(2, 5)
MAX_POLL_OPTION = 25
POLL_MINUTES = range(5, 10081)
DEFAULT_POLL_MINUTES = 1440

_ID = re.compile(r"[0-9]{1,19}")
_SCIENTIFIC = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
_STATUS_URL = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:i/web|i|\w{1,15})/status(?:es)?/"
    r"([0-9]{1,19})(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_COMMUNITY_URL = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/i/communities/([0-9]{1,19})"
    r"(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
# Spreadsheets keep 15 digits of a number and write zeros for the rest.
_KEPT_DIGITS = 15


class CellFault(Exception):
    """A cell that can't be read: ``code`` and ``detail`` as in a RowError."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def post_id(cell: str) -> str:
    """The id of a post from an id or the address of a post on x.com or twitter.com."""
    found = _STATUS_URL.fullmatch(cell)
    if found:
        return found[1]
    return _plain_id(cell, "bad_reply", "the id or the address of a post on X")


def community_id(cell: str) -> str:
    """The id of a community from an id or its address."""
    found = _COMMUNITY_URL.fullmatch(cell)
    if found:
        return found[1]
    return _plain_id(cell, "bad_community", "the id or the address of a community on X")


def _plain_id(cell: str, code: str, wanted: str) -> str:
    # A leading apostrophe is how one tells a spreadsheet to keep a number as text.
    digits = cell.lstrip("'")
    if _ID.fullmatch(digits):
        return digits
    if _SCIENTIFIC.fullmatch(digits):
        detail = (
            f"The spreadsheet has rounded the id to “{cell[:40]}” and its digits are lost. Format "
            "the column as text and paste the id again, or use the address instead."
        )
        raise CellFault("id_rounded", detail)
    raise CellFault(code, f"“{cell[:60]}” is not {wanted}. Give its digits or its full address.")


def maybe_rounded(identifier: str) -> bool:
    """Whether an id ends as a spreadsheet would have rounded it."""
    tail = identifier[_KEPT_DIGITS:]
    return len(tail) > 1 and not tail.strip("0")


def slot(cell: str) -> int:
    """An account's slot: a whole number from 1."""
    if not re.fullmatch(r"[0-9]{1,6}", cell) or int(cell) < 1:
        raise CellFault(
            "bad_slot", f"“{cell[:40]}” is not an account slot. Give its number, such as 1."
        )
    return int(cell)


def link(cell: str) -> str:
    """An http or https address."""
    try:
        parts = urlsplit(cell)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or re.search(r"\s", cell):
        raise CellFault("bad_link", f"“{cell[:80]}” is not a web address. Begin it with https://.")
    return cell


def labels(cell: str) -> list[str]:
    """Labels separated by comma, semicolon or ``|``, each once, in order."""
    parts = (" ".join(part.split()) for part in re.split(r"[,;|]", cell))
    return list(dict.fromkeys(part for part in parts if part))


def media(cell: str) -> list[ParsedMedia]:
    """File names, ids, hashes or addresses separated by ``|``."""
    refs = [ref for part in cell.split("|") if (ref := part.strip())]
    if len(refs) > MAX_MEDIA:
        raise CellFault(
            "too_many_media",
            f"{len(refs)} media are named, and X takes at most {MAX_MEDIA} with a post. "
            "Remove some, or spread them over a thread.",
        )
    found = [ParsedMedia(ref) for ref in refs]
    for item in found:
        if item.is_url:
            _check_media_address(item.ref)
        elif "/" in item.ref or "\\" in item.ref or item.ref in (".", ".."):
            raise CellFault(
                "bad_media",
                f"“{item.ref[:80]}” has a folder in it. Give the file name alone, as it is "
                "called in the media library, and separate several with |.",
            )
    return found


def _check_media_address(ref: str) -> None:
    try:
        link(ref)
    except CellFault:
        raise CellFault(
            "bad_media", f"“{ref[:80]}” is not a web address. Separate several with |."
        ) from None


def with_alt_text(found: list[ParsedMedia], cell: str) -> list[ParsedMedia]:
    """Media with their alt texts, which stand in the same order, separated by ``|``."""
    texts = [part.strip() for part in cell.split("|")] if cell.strip() else []
    if len(texts) > len(found):
        raise CellFault(
            "alt_text_without_media",
            f"There are {len(texts)} alt texts for {len(found)} media. Give one for each, in the "
            "same order, separated by |.",
        )
    for text in texts:
        if len(text) > MAX_ALT_TEXT:
            raise CellFault(
                "alt_text_too_long",
                f"An alt text has {len(text)} characters, and X takes {MAX_ALT_TEXT}. Shorten it.",
            )
    texts += [""] * (len(found) - len(texts))
    return [ParsedMedia(item.ref, text) for item, text in zip(found, texts, strict=True)]


def poll(options_cell: str, minutes_cell: str) -> ParsedPoll:
    """A poll of options separated by ``|``, for one day unless minutes are given."""
    options = tuple(part for option in options_cell.split("|") if (part := option.strip()))
    if len(options) not in POLL_OPTIONS or max(map(len, options)) > MAX_POLL_OPTION:
        raise CellFault(
            "bad_poll",
            f"A poll has two to four options of at most {MAX_POLL_OPTION} characters, separated "
            f"by |; this one has {len(options)}.",
        )
    if not minutes_cell:
        return ParsedPoll(options, DEFAULT_POLL_MINUTES)
    if not re.fullmatch(r"[0-9]{1,5}", minutes_cell) or int(minutes_cell) not in POLL_MINUTES:
        raise CellFault(
            "bad_poll_minutes",
            f"“{minutes_cell[:40]}” is not a poll's length. Give minutes from "
            f"{POLL_MINUTES.start} to {POLL_MINUTES.stop - 1}.",
        )
    return ParsedPoll(options, int(minutes_cell))
