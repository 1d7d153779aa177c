"""Lengths as X counts them, and whether a stored post is the one that was sent."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twitter_text import parse_tweet

from accounts.x.text import (
    MAX_WEIGHT,
    URL_WEIGHT,
    find_urls,
    normalise,
    same_text,
    snowflake_time,
    weighted_length,
)
from accounts.x.types import Post, Reference, UrlEntity

SHARED = json.loads((Path(__file__).parent / "length_vectors.json").read_text(encoding="utf-8"))
VECTORS = SHARED["vectors"]


def test_the_limits_are_those_of_the_vectors() -> None:
    assert (SHARED["limit"], SHARED["url_weight"]) == (MAX_WEIGHT, URL_WEIGHT)


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_a_vector_has_its_length(vector: dict[str, object]) -> None:
    assert weighted_length(str(vector["text"])) == vector["length"]


# Emoji that X's own library of 2018 knew; newer sequences are where ours differs on purpose.
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "🏳️‍🌈", "1️⃣", "❤️", "©"]
LINKS = [
    "https://a.com/a?b=1",
    "a.com",
    "日本",
    "b.c.",
    "/",
    "?",
    "(",
    ")",
    ".co",
    ".uk",
    "http://",
]
KNOWN = st.sampled_from([*EMOJI, *LINKS, "@me", "#x", "。", " ", "\n"])
# Scripts that Python's IDNA codec has no opinion on; browsers, and so X's page, have none either.
PLAIN = st.text("abcXYZ019éÜß日本語한글ЖЩжщ。、-_.,:;!&=~#$'\" ", max_size=5)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(KNOWN, PLAIN), max_size=12).map("".join))
def test_it_agrees_with_twitter_text(text: str) -> None:
    assert weighted_length(text) == parse_tweet(text).weightedLength


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_has_a_length_and_a_normal_form(text: str) -> None:
    assert weighted_length(text) >= 0
    assert normalise(normalise(text)) == normalise(text)
    assert same_text(
        text, Post(id="1", text=unicodedata.normalize("NFC", text).replace("&", "&amp;"))
    )


LONG = [
    "a." * 12_500,
    "x" * 25_000,
    "https://" * 3_000,
    "1️⃣" * 8_000,
    "👨‍👩‍👧‍👦" * 3_000,
    "a.co." * 5_000,
]
LONG += ["www." * 6_000, "a-" * 12_000 + ".", "日本。a.com" * 3_000, "a.com日" * 5_000]
LONG += ["a.com" + sign * 24_000 for sign in ("/(", "/!", "?!", "/", "@", "/((a)")]


@pytest.mark.parametrize("text", LONG, ids=[text[:12] for text in LONG])
def test_a_long_text_is_measured_quickly(text: str) -> None:
    began = time.monotonic()
    weighted_length(text)
    normalise(text)
    assert time.monotonic() - began < 2


def test_links_are_found() -> None:
    text = "See https://a.com/x?y=1, b.org and (http://c.de). Not v1.2 or me@d.com"
    assert find_urls(text) == ["https://a.com/x?y=1", "b.org", "http://c.de"]


def test_an_id_tells_its_time() -> None:
    assert snowflake_time("1212092628029698048") == datetime(
        2019, 12, 31, 19, 26, 16, 771000, tzinfo=UTC
    )


def url(target: str, wrapper: str = "https://t.co/a1", media_key: str | None = None) -> UrlEntity:
    return UrlEntity(wrapper, target, media_key)


SAME: list[tuple[str, str, Post]] = [
    ("plain", "hello", Post("1", "hello")),
    ("escapes", "a < b & c > d", Post("1", "a &lt; b &amp; c &gt; d")),
    ("an escape that was typed", "use &amp; here", Post("1", "use &amp;amp; here")),
    ("decomposed", "cafe\u0301", Post("1", "café")),
    ("spaces around", "  hello \n", Post("1", "hello")),
    ("windows lines", "a\r\nb", Post("1", "a\nb")),
    ("link", "x https://a.com/b", Post("1", "x https://t.co/a1", urls=(url("https://a.com/b"),))),
    ("bare domain", "go to a.com", Post("1", "go to https://t.co/a1", urls=(url("http://a.com"),))),
    (
        "closing slash and case",
        "x https://A.com",
        Post("1", "x https://t.co/a1", urls=(url("https://a.com/"),)),
    ),
    (
        "link with ampersand",
        "x https://a.com/?b=1&c=2",
        Post("1", "x https://t.co/a1", urls=(url("https://a.com/?b=1&c=2"),)),
    ),
    (
        "media link",
        "look",
        Post(
            "1",
            "look https://t.co/m1",
            urls=(url("https://x.com/me/status/1/photo/1", "https://t.co/m1", "3_1"),),
            media_keys=("3_1",),
        ),
    ),
    (
        "media link known by its target",
        "look",
        Post("1", "look https://t.co/a1", urls=(url("https://x.com/me/status/1/video/1"),)),
    ),
    ("media without entities", "look", Post("1", "look https://t.co/m1", media_keys=("3_1",))),
    (
        "media only",
        "",
        Post("1", "https://t.co/m1", media_keys=("3_1",)),
    ),
    (
        "link and media",
        "x https://a.com",
        Post(
            "1",
            "x https://t.co/a1 https://t.co/m1",
            urls=(url("https://a.com"), url("https://x.com/i", "https://t.co/m1", "3_1")),
            media_keys=("3_1",),
        ),
    ),
    (
        "quote",
        "so true",
        Post(
            "1",
            "so true https://t.co/q1",
            urls=(url("https://x.com/ann/status/7", "https://t.co/q1"),),
            references=(Reference("quoted", "7"),),
        ),
    ),
    ("reply", "thanks", Post("1", "@ann thanks", references=(Reference("replied_to", "7"),))),
    ("reply to several", "thanks", Post("1", "@ann @bob thanks", in_reply_to_user_id="8")),
    ("reply with a typed mention", "@bob hi", Post("1", "@ann @bob hi", in_reply_to_user_id="8")),
    ("reply of mentions only", "@bob", Post("1", "@ann @bob", in_reply_to_user_id="8")),
    ("long post", "a very long text", Post("1", "a very…", note_text="a very long text")),
]

DIFFERENT: list[tuple[str, str, Post]] = [
    ("another text", "hello", Post("1", "hello!")),
    ("case", "Hello", Post("1", "hello")),
    (
        "another link",
        "x https://a.com/b",
        Post("1", "x https://t.co/a1", urls=(url("https://a.com/c"),)),
    ),
    (
        "case in a path",
        "x https://a.com/B",
        Post("1", "x https://t.co/a1", urls=(url("https://a.com/b"),)),
    ),
    ("a link nobody explains", "x https://a.com/b", Post("1", "x https://t.co/a1")),
    (
        "a link that was not typed",
        "x",
        Post("1", "x https://t.co/a1", urls=(url("https://a.com/b"),)),
    ),
    ("a mention outside a reply", "thanks", Post("1", "@ann thanks")),
    ("another typed mention", "@bob hi", Post("1", "@ann hi", in_reply_to_user_id="8")),
    ("only the end", "thanks", Post("1", "many thanks", in_reply_to_user_id="8")),
    ("empty", "", Post("1", "hello")),
]


@pytest.mark.parametrize(("sent", "stored"), [c[1:] for c in SAME], ids=[c[0] for c in SAME])
def test_it_knows_its_own_post(sent: str, stored: Post) -> None:
    assert same_text(sent, stored)


@pytest.mark.parametrize(
    ("sent", "stored"), [c[1:] for c in DIFFERENT], ids=[c[0] for c in DIFFERENT]
)
def test_it_does_not_take_another_post_for_its_own(sent: str, stored: Post) -> None:
    assert not same_text(sent, stored)
