"""How X measures a text, which links it sees in it, and whether a stored post is what was sent.

Sources: X API docs, counting characters page, and the twitter-text v3 configuration. The tests
compare with ``twitter_text``; the weights are added up here, since the emoji table of that library
ends at Emoji 12 and would count newer sequences part by part.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from accounts.x.links import url_spans
from accounts.x.types import Post

MAX_WEIGHT = 280
URL_WEIGHT = 23

_LIGHT = "\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037"
_LIGHT_CHARS = re.compile(f"[{_LIGHT}]")

# One emoji may be several code points; together they weigh 2. The ranges are the blocks that hold
# pictographs, so that emoji newer than this file count right as well.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf"
    "\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_MODIFIED = f"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags of countries
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"  # flags of regions
    f"|{_MODIFIED}(?:\u200d{_MODIFIED})*"  # pictures, with skin tones, joined to families
)

_TCO = re.compile(r"https?://t\.co/[A-Za-z0-9]+")
_TRAILING_TCO = re.compile(r"\s*https?://t\.co/[A-Za-z0-9]+\s*$")
_LEADING_MENTION = re.compile(r"[@＠][A-Za-z0-9_]{1,15}\s+")
_ESCAPES = re.compile("&(amp|lt|gt);")
_UNESCAPED = {"amp": "&", "lt": "<", "gt": ">"}

_EPOCH_MS = 1288834974657


def find_urls(text: str) -> list[str]:
    """The strings in ``text`` that X turns into links, bare domains among them, in order."""
    return [text[start:end] for start, end in url_spans(text)]


def unix_lines(text: str) -> str:
    """The text with every line ending as one character, as it is counted and sent."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def weighted_length(text: str) -> int:
    """The length X counts: at most 280 for a post (``MAX_WEIGHT``).

    NFC first, and a line ending is one character. A link counts 23, an emoji sequence 2, Latin
    and its neighbours 1, the rest 2.
    """
    text = unicodedata.normalize("NFC", unix_lines(text))
    total = position = 0
    for start, end in url_spans(text):
        total += _plain_weight(text[position:start]) + URL_WEIGHT
        position = end
    return total + _plain_weight(text[position:])


def _plain_weight(text: str) -> int:
    if text.isascii():
        return len(text)
    rest, emoji = _EMOJI.subn("", text)
    light = len(_LIGHT_CHARS.findall(rest))
    return 2 * emoji + light + 2 * (len(rest) - light)


def snowflake_time(post_id: str) -> datetime:
    """The moment (UTC, milliseconds) that an id of X was made."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(post_id) >> 22) + _EPOCH_MS)


def normalise(text: str) -> str:
    """One spelling for texts that X shows alike: NFC, links in one form, spaces collapsed."""
    text = unicodedata.normalize("NFC", text)
    parts: list[str] = []
    position = 0
    for start, end in url_spans(text):
        parts += [text[position:start], _canonical_url(text[start:end])]
        position = end
    parts.append(text[position:])
    return " ".join("".join(parts).split())


def _canonical_url(url: str) -> str:
    """Without scheme and closing slash, the host in lower case: X adds a scheme to bare domains."""
    with_scheme = url if re.match(r"(?i)https?://", url) else f"http://{url}"
    parts = urlsplit(with_scheme)
    tail = with_scheme[len(parts.scheme) + 3 + len(parts.netloc) :]
    return parts.netloc.lower() + (tail.removesuffix("/") if tail.count("/") == 1 else tail)


def _readable(stored: Post) -> str:
    """The text of a stored post as its author wrote it: unescaped, links put back."""
    text = _ESCAPES.sub(lambda found: _UNESCAPED[found[1]], stored.full_text)
    targets = {entity.url: entity for entity in stored.urls}
    tail = _TRAILING_TCO.search(text)
    while tail:
        # X appends a link to attached media, and one to a quoted post, that nobody typed.
        entity = targets.get(tail[0].strip())
        quoted = stored.quoted_id
        appended = (
            (bool(stored.media_keys) if entity is None else entity.media_key is not None)
            or (entity is not None and re.search(r"/(photo|video)/\d+$", entity.expanded_url))
            or (entity is not None and quoted and entity.expanded_url.endswith(f"/status/{quoted}"))
        )
        if not appended:
            break
        text = text[: tail.start()]
        tail = _TRAILING_TCO.search(text)
    return _TCO.sub(lambda found: _target(targets.get(found[0]), found[0]), text)


def _target(entity: object, wrapper: str) -> str:
    return str(getattr(entity, "expanded_url", "") or wrapper)


def same_text(sent: str, stored: Post) -> bool:
    """Whether the stored post says what was sent, X's changes undone.

    On a reply X may have put mentions in front; they are ignored, those that were typed are not.
    """
    wanted, found = normalise(sent), normalise(_readable(stored))
    if wanted == found:
        return True
    if stored.replied_to_id is None and stored.in_reply_to_user_id is None:
        return False
    while mention := _LEADING_MENTION.match(found + " "):
        found = found[mention.end() :]
        if wanted == found:
            return True
    return False
