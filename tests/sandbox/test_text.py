"""The weighted length of a text."""

from __future__ import annotations

import pytest

from accounts.x.sandbox.text import compose, t_co, weighted_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Hello, world! 👋", 16),  # X docs give this example
        ("café", 4),
        ("語", 2),
        ("“quoted” – dash…", 17),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇳🇴🇯🇵", 4),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("3️⃣", 2),
        ("☀️", 2),
        ("🫠🫡", 4),  # newer than twitter-text's own table
        ("© ®", 3),
        ("https://example.com/" + "a" * 200, 23),
        ("see example.com now", 4 + 23 + 4),
        ("e.g. nothing", 12),
    ],
)
def test_weights(text: str, length: int) -> None:
    assert weighted_length(text) == length


def test_t_co_links_are_stable_and_differ() -> None:
    links = {t_co(owner, n) for owner in (1, 2) for n in range(5)}
    assert len(links) == 10
    assert t_co(1, 0) in links
    assert {len(link) for link in links} == {23}


def test_only_known_users_become_mentions_and_mail_addresses_do_not() -> None:
    known = {"acme": 7}
    text, entities = compose("@acme @nobody me@acme.com", 1, known.get)
    assert [m["username"] for m in entities["mentions"]] == ["acme"]
    assert text.startswith("@acme @nobody ")
