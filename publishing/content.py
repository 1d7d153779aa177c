"""What a post may hold: the rules of X that can be checked before anything is sent."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from accounts.errors import InvalidError
from accounts.x.text import MAX_WEIGHT, find_urls, weighted_length
from publishing.models import MediaAsset

MAX_PARTS = 50
MAX_IMAGES = 4
PAST_TOLERANCE = timedelta(minutes=5)
CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")
TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|mc_cid|mc_eid|igshid)$")


@dataclass(frozen=True)
class PartMediaContent:
    asset: MediaAsset
    alt_text: str = ""


@dataclass(frozen=True)
class PartContent:
    """One post as X gets it."""

    text: str
    media: tuple[PartMediaContent, ...] = ()
    poll: dict[str, Any] | None = None


@dataclass(frozen=True)
class PostContent:
    """A post or thread as a door hands it over; `scheduled_time` is aware."""

    parts: tuple[PartContent, ...]
    scheduled_time: datetime | None = None
    not_after: datetime | None = None
    reply_to_post_id: str = ""
    quote_post_id: str = ""
    community_id: str = ""
    reply_settings: str = ""
    made_with_ai: bool = False
    paid_partnership: bool = False
    labels: list[str] = field(default_factory=list)
    source_url: str = ""


def problems(content: PostContent, *, is_thread: bool) -> list[dict[str, str]]:
    """Everything that X would refuse, as `[{"field", "code", "detail"}]`."""
    found: list[dict[str, str]] = []

    def add(where: str, code: str, detail: str) -> None:
        found.append({"field": where, "code": code, "detail": detail})

    if not content.parts:
        add("parts", "required", "A thread needs at least one part.")
    if len(content.parts) > MAX_PARTS:
        add("parts", "too_many", f"A thread has at most {MAX_PARTS} parts; split it.")
    for number, part in enumerate(content.parts):
        prefix = f"parts.{number}." if is_thread else ""
        _check_part(part, prefix, content, add)
    if content.not_after and content.scheduled_time and content.not_after < content.scheduled_time:
        add("not_after", "before_scheduled_time", "not_after is before scheduled_time.")
    if content.community_id and content.reply_to_post_id:
        add("community_id", "exclusive", "A reply can't be posted to a community.")
    return found


def _check_part(part: PartContent, prefix: str, content: PostContent, add: Any) -> None:
    if not part.text.strip() and not part.media:
        add(f"{prefix}text", "required", "Write a text or attach media.")
    length = weighted_length(part.text)
    if length > MAX_WEIGHT:
        add(
            f"{prefix}text",
            "too_long",
            f"The text counts {length} of {MAX_WEIGHT} (a link counts 23, an emoji 2). "
            f"Shorten it by {length - MAX_WEIGHT} or make it a thread.",
        )
    if len(CASHTAG.findall(part.text)) > 1:
        add(f"{prefix}text", "too_many_cashtags", "X accepts one cashtag in a post.")
    kinds = [medium.asset.mime_type for medium in part.media]
    moving = [kind for kind in kinds if kind == "image/gif" or kind.startswith("video/")]
    if moving and len(kinds) > 1:
        add(f"{prefix}media", "exclusive", "X takes one GIF or one video, alone.")
    elif len(kinds) > MAX_IMAGES:
        add(f"{prefix}media", "too_many", f"X takes up to {MAX_IMAGES} pictures in a post.")
    attached = [name for name, is_on in (("media", part.media), ("poll", part.poll)) if is_on]
    if content.quote_post_id and attached:
        attached.append("quote_post_id")
    if len(attached) > 1:
        add(f"{prefix}{attached[1]}", "exclusive", f"X takes only one of {', '.join(attached)}.")


def check(content: PostContent, *, is_thread: bool) -> None:
    """Raise one error that names everything wrong with the content."""
    found = problems(content, is_thread=is_thread)
    if found:
        detail = found[0]["detail"] if len(found) == 1 else f"{len(found)} things need a change."
        raise InvalidError("validation", detail, fields=found)


def check_time(content: PostContent, now: datetime) -> None:
    """Scheduled work needs a moment that is not in the past."""
    if content.scheduled_time is None:
        raise InvalidError.of(
            "scheduled_time", "required", "Give scheduled_time, or save it as a draft."
        )
    if content.scheduled_time < now - PAST_TOLERANCE:
        raise InvalidError.of(
            "scheduled_time",
            "in_past",
            f"{content.scheduled_time:%Y-%m-%d %H:%M} UTC is in the past. Give a later time.",
        )


def canonical_link(url: str) -> str:
    """The link without what differs between two ways to the same page."""
    parts = urlsplit(url.strip())
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.match(name)
    )
    host = (parts.netloc or "").lower().removeprefix("www.")
    return urlunsplit(("", host, parts.path.rstrip("/"), urlencode(query), ""))


def normalised_text(text: str) -> str:
    """The words alone: white space, case and the spelling of links don't make a new post."""
    for url in find_urls(text):
        text = text.replace(url, canonical_link(url))
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def dedupe_key(account_id: int, content: PostContent) -> str:
    """The same for two posts of one account that a reader would call the same."""
    words = [normalised_text(part.text) for part in content.parts]
    files = [medium.asset.sha256 for part in content.parts for medium in part.media]
    same = [
        str(account_id),
        canonical_link(content.source_url) if content.source_url else "",
        content.reply_to_post_id,
        content.quote_post_id,
        *words,
        *([] if any(words) else files),
    ]
    return hashlib.sha256("\x1f".join(same).encode()).hexdigest()
