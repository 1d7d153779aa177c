"""X speaks of tweets and of posts; the client reads both and finds out which to ask with."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from accounts.x.client import XClient
from accounts.x.credentials import OAuth2Credentials
from accounts.x.errors import InvalidRequest
from accounts.x.types import PostMetrics, Reference, UrlEntity
from tests.x.conftest import BASE, ME

WORDS = ("tweet", "post")
OWN = f"{BASE}/2/users/{ME}/tweets"


def answer(words: str) -> dict[str, Any]:
    """The same page in either vocabulary."""
    reposts = "retweet_count" if words == "tweet" else "repost_count"
    return {
        "data": [
            {
                "id": "20",
                "text": "long… https://t.co/a",
                "author_id": ME,
                "created_at": "2026-01-02T03:04:05.000Z",
                f"edit_history_{words}_ids": ["19", "20"],
                f"referenced_{words}s": [{"type": "replied_to", "id": "7"}],
                f"note_{words}": {
                    "text": "long text",
                    "entities": {
                        "urls": [{"url": "https://t.co/b", "expanded_url": "https://b.c"}]
                    },
                },
                "entities": {
                    "urls": [{"url": "https://t.co/a", "expanded_url": "https://a.b"}],
                    "mentions": [{"username": "ann"}],
                },
                "attachments": {"media_keys": ["3_1"]},
                "public_metrics": {"like_count": 2, reposts: 3},
            }
        ],
        "includes": {
            f"{words}s": [{"id": "7", "text": "asked", "author_id": "8"}],
            "users": [
                {"id": ME, "username": "me", "name": "Me", "public_metrics": {f"{words}_count": 4}}
            ],
        },
        "meta": {"result_count": 1, "newest_id": "20", "oldest_id": "20", "next_token": "n"},
    }


@responses.activate
@pytest.mark.parametrize("words", WORDS)
def test_a_page_reads_the_same_in_both(client: XClient, words: str) -> None:
    responses.get(OWN, json=answer(words))
    page = client.own_posts(since_id="5")
    (post,) = page.items
    assert post.edit_history_ids == ("19", "20")
    assert post.references == (Reference("replied_to", "7"),)
    assert (post.replied_to_id, post.quoted_id, post.reposted_id) == ("7", None, None)
    assert post.full_text == "long text"
    assert post.urls == (
        UrlEntity("https://t.co/a", "https://a.b"),
        UrlEntity("https://t.co/b", "https://b.c"),
    )
    assert post.metrics == PostMetrics(likes=2, reposts=3)
    assert post.author is not None
    assert (post.author.username, post.author.post_count) == ("me", 4)
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert (post.media_keys, post.mentions) == (("3_1",), ("ann",))
    assert page.posts["7"].text == "asked"
    assert page.next_token == "n"


@responses.activate
@pytest.mark.parametrize("words", WORDS)
def test_counts_read_the_same_in_both(app_client: XClient, words: str) -> None:
    slot = {"start": "2026-01-02T03:00:00Z", "end": "2026-01-02T04:00:00Z", f"{words}_count": 2}
    responses.get(
        f"{BASE}/2/tweets/counts/recent",
        json={"data": [slot], "meta": {f"total_{words}_count": 2}},
    )
    counts = app_client.counts_recent("x")
    assert (counts.total, counts.buckets[0].count) == (2, 2)


def fields_asked() -> list[str]:
    asked = []
    for call in responses.calls:
        asked += [
            name for name in call.request.params if name.endswith(("tweet.fields", "post.fields"))
        ]  # type: ignore[union-attr]
    return asked


@responses.activate
@pytest.mark.parametrize(("ours", "other"), [("tweet", "post"), ("post", "tweet")])
def test_a_400_that_names_the_parameter_switches_for_good(
    oauth2: OAuth2Credentials, ours: Any, other: str
) -> None:
    client = XClient(oauth2, base_url=BASE, user_id=ME, fields_vocabulary=ours)
    message = f"The query parameter [{ours}.fields] is not one of [ids,expansions]"
    entry = {"message": message, "parameters": {f"{ours}.fields": ["created_at"]}}
    responses.get(OWN, json={"errors": [entry], "title": "Invalid Request"}, status=400)
    responses.get(OWN, json={"meta": {"result_count": 0}})
    responses.get(OWN, json={"meta": {"result_count": 0}})
    assert client.own_posts().items == ()
    assert client.own_posts().items == ()
    assert fields_asked() == [f"{ours}.fields", f"{other}.fields", f"{other}.fields"]
    assert client.fields_vocabulary == other


@responses.activate
def test_a_400_about_both_leaves_the_words_alone(client: XClient) -> None:
    responses.get(OWN, json={"title": "x", "detail": "bad tweet.fields"}, status=400)
    responses.get(OWN, json={"title": "x", "detail": "bad post.fields"}, status=400)
    with pytest.raises(InvalidRequest) as caught:
        client.own_posts()
    assert caught.value.detail == "bad tweet.fields"
    assert client.fields_vocabulary == "tweet"


@responses.activate
def test_another_400_is_not_asked_twice(client: XClient) -> None:
    responses.get(OWN, json={"title": "x", "detail": "bad since_id"}, status=400)
    with pytest.raises(InvalidRequest):
        client.own_posts()
    assert len(responses.calls) == 1


@responses.activate
def test_null_and_odd_fields_do_no_harm(client: XClient) -> None:
    odd = {
        "id": 20,
        "text": None,
        "entities": None,
        "attachments": [],
        "public_metrics": "?",
        "created_at": "yesterday",
        "referenced_tweets": None,
        "note_tweet": [],
    }
    responses.get(f"{BASE}/2/tweets/20", json={"data": odd, "includes": None})
    post = client.get_post("20")
    assert (post.id, post.text, post.urls, post.metrics) == ("20", "", (), None)
    assert post.created_at is None
