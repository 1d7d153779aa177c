"""How X keeps a post's text: t.co links, HTML escapes, entities, weighted length.

Sources: X API docs, counting characters page and data dictionary; twitter-text v3.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from twitter_text import (  # type: ignore[import-untyped]
    extract_urls_with_indices,
    parse_tweet,
)

MAX_WEIGHT = 280
MAX_WEIGHT_PREMIUM = 25_000

_TAGS = re.compile(
    r"(?<![\w@/])@(?P<mention>[A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])"
    r"|(?<![\w&/])[#＃](?P<hashtag>\w*[^\W\d_]\w*)"
    r"|(?<![\w$])\$(?P<cashtag>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)"
)
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def normalise(text: str) -> str:
    """What X keeps of a sent text: NFC, no space at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def weighted_length(text: str) -> int:
    """Length in X's units: 280 is the limit, a link counts 23, an emoji 2."""
    return int(parse_tweet(text).weightedLength)


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
