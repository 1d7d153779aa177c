"""How X keeps a post's text: t.co links, HTML escapes, entities, weighted length.

Sources: X API docs, counting characters page and data dictionary; twitter-text v3, whose
implementation in Python says what is a link (its table of emoji is too old to count with).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # it complains of its own use of pkg_resources
    from twitter_text import extract_urls_with_indices

MAX_WEIGHT = 280
MAX_WEIGHT_PREMIUM = 25_000

_TAGS = re.compile(
    r"(?<![\w@/])@(?P<mention>[A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])"
    r"|(?<![\w&/])[#＃](?P<hashtag>\w*[^\W\d_]\w*)"
    r"|(?<![\w$])\$(?P<cashtag>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)"
)
_URL_WEIGHT = 23
_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
# An emoji weighs 2 however many code points it takes. Which blocks hold pictures is what matters
# here, not which of their characters are assigned: what is no emoji in them weighs 2 as well.
_PICTURE = (
    "(?:[\u2100-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]?|[\u00a9\u00ae\u203c\u2049]\ufe0f)"
)
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{2}"
    f"|\U0001f3f4[\U000e0020-\U000e007f]+|{_PICTURE}(?:\u200d{_PICTURE})*"
)
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def normalise(text: str) -> str:
    """What X keeps of a sent text: NFC, plain line ends, no space at the ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip()


def weighted_length(text: str) -> int:
    """Length in X's units: 280 is the limit, a link counts 23, an emoji 2."""
    total, at, plain = 0, 0, ""
    for start, end, _ in find_urls(text):
        total += _URL_WEIGHT
        plain += text[at:start]
        at = end
    plain, emoji = _EMOJI.subn("", plain + text[at:])
    light = len(_LIGHT.findall(plain))
    return total + 2 * emoji + light + 2 * (len(plain) - light)


def find_urls(text: str) -> list[tuple[int, int, str]]:
    """Links in the text, bare domains too: (start, end, as written)."""
    found = extract_urls_with_indices(text)
    return [(item["indices"][0], item["indices"][1], item["url"]) for item in found]


def cashtags(text: str) -> list[str]:
    return [m["cashtag"] for m in _TAGS.finditer(text) if m["cashtag"]]


def mentioned_names(text: str) -> list[str]:
    return [m["mention"] for m in _TAGS.finditer(text) if m["mention"]]


def t_co(owner_id: int, position: int) -> str:
    """The short link X would put in place of the n-th link of an object."""
    number = int.from_bytes(hashlib.sha256(f"{owner_id}/{position}".encode()).digest()[:8])
    letters = ""
    for _ in range(10):
        number, digit = divmod(number, 62)
        letters += _BASE62[digit]
    return "https://t.co/" + letters


def compose(
    text: str, owner_id: int, user_id_of: Callable[[str], int | None]
) -> tuple[str, dict[str, Any]]:
    """The text as X returns it and its entities, whose offsets are those of that text."""
    urls = find_urls(text)
    tokens: list[tuple[int, int, str, Any]] = [(s, e, "urls", url) for s, e, url in urls]
    for match in _TAGS.finditer(text):
        if not any(s <= match.start() < e for s, e, _ in urls):
            kind = str(match.lastgroup)
            tokens.append((match.start(), match.end(), kind + "s", match[kind]))
    out, at = "", 0
    entities: dict[str, Any] = {}
    for start, end, kind, value in sorted(tokens):
        out += html.escape(text[at:start], quote=False)
        begin = len(out)
        entity: dict[str, Any] = {}
        if kind == "urls":
            out += t_co(owner_id, len(entities.get("urls", [])))
            full = value if "://" in value else "http://" + value
            bare = full.split("://", 1)[1].removeprefix("www.")
            shown = bare if len(bare) <= 26 else bare[:26] + "…"
            entity = {"url": out[begin:], "expanded_url": full, "display_url": shown}
        else:
            out += text[start:end]
            if kind == "mentions":
                known = user_id_of(value)
                entity = {"username": value, "id": str(known)} if known else {}
            else:
                entity = {"tag": value}
        if entity:
            entities.setdefault(kind, []).append({"start": begin, "end": len(out)} | entity)
        at = end
    return out + html.escape(text[at:], quote=False), entities


def language(text: str) -> str:
    """A guess good enough for `lang:` in searches."""
    if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text):
        return "ja"
    if re.search(r"[\u0400-\u04ff]", text):
        return "ru"
    return "en" if re.search(r"[A-Za-z]", text) else "und"
