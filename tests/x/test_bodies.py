"""The bodies we send are those that X's own description of its API allows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import responses
from jsonschema import Draft202012Validator

from accounts.x.bodies import build_dm_body, build_post_body
from accounts.x.client import XClient
from accounts.x.types import Poll
from tests.x.conftest import BASE

BODIES = [
    build_post_body("hello"),
    build_post_body("", media_ids=["1", "2"]),
    build_post_body("r", reply_to="5", made_with_ai=True, paid_partnership=False),
    build_post_body("q", quote="6", reply_settings="mentionedUsers"),
    build_post_body("p", poll=Poll(("yes", "no"), 60), community_id="77"),
]


def check(openapi: dict[str, Any], path: str, method: str, body: Any) -> None:
    content = openapi["paths"][path][method]["requestBody"]["content"]
    schema = {**content["application/json"]["schema"], "components": openapi["components"]}
    Draft202012Validator(schema).validate(body)


@pytest.mark.parametrize("body", BODIES, ids=[b["text"] or "media" for b in BODIES])
def test_post_bodies_fit_the_description(openapi: dict[str, Any], body: dict[str, Any]) -> None:
    check(openapi, "/2/tweets", "post", body)


@pytest.mark.parametrize("body", [build_dm_body("hi"), build_dm_body("", media_id="5")])
def test_dm_bodies_fit_the_description(openapi: dict[str, Any], body: dict[str, Any]) -> None:
    check(openapi, "/2/dm_conversations/with/{participant_id}/messages", "post", body)
    check(openapi, "/2/dm_conversations/{dm_conversation_id}/messages", "post", body)


def test_what_is_not_asked_for_is_left_out() -> None:
    assert build_post_body("hi") == {"text": "hi"}
    assert build_post_body("a\r\nb\rc") == {"text": "a\nb\nc"}
    assert build_dm_body("a\r\nb") == {"text": "a\nb"}


Send = Callable[[XClient], object]

SENT: list[tuple[str, str, Send, dict[str, Any]]] = [
    ("put", "/2/tweets/{tweet_id}/hidden", lambda c: c.hide_reply("5"), {"hidden": True}),
    ("post", "/2/users/{id}/likes", lambda c: c.like("5"), {"liked": True}),
    ("post", "/2/users/{id}/retweets", lambda c: c.repost("5"), {"retweeted": True}),
    ("post", "/2/media/metadata", lambda c: c.set_alt_text("5", "a cat"), {"id": "5"}),
    (
        "post",
        "/2/media/upload/initialize",
        lambda c: c.media_initialize("image/png", 10, "tweet_image"),
        {"id": "5"},
    ),
]


def address(path: str) -> re.Pattern[str]:
    """What a path template of the description stands for."""
    return re.compile(re.escape(BASE) + re.sub(r"\{\w+\}", "[^/?]+", path) + r"(\?.*)?$")


@responses.activate
@pytest.mark.parametrize(("method", "path", "send", "data"), SENT, ids=[s[1] for s in SENT])
def test_other_bodies_fit_the_description(
    client: XClient,
    openapi: dict[str, Any],
    method: str,
    path: str,
    send: Send,
    data: dict[str, Any],
) -> None:
    responses.add(method.upper(), address(path), json={"data": data})
    send(client)
    body = json.loads(responses.calls[0].request.body or b"null")
    check(openapi, path, method, body)


READS: list[tuple[str, Send]] = [
    ("/2/users/me", lambda c: c.me()),
    ("/2/users/{id}", lambda c: c.get_user("1")),
    ("/2/users/by/username/{username}", lambda c: c.get_user_by_username("ann")),
    ("/2/users", lambda c: c.get_users(["1", "2"])),
    ("/2/tweets/{id}", lambda c: c.get_post("1")),
    ("/2/tweets", lambda c: c.get_posts(["1", "2"])),
    ("/2/users/{id}/tweets", lambda c: c.own_posts(since_id="1", exclude=["replies"])),
    ("/2/users/{id}/mentions", lambda c: c.mentions(since_id="1", pagination_token="t")),
    ("/2/tweets/search/recent", lambda c: c.search_recent("a (b OR c)", since_id="3")),
    ("/2/dm_events", lambda c: c.dm_events(pagination_token="t")),
    ("/2/dm_conversations/with/{participant_id}/dm_events", lambda c: c.dm_events_with("7")),
    ("/2/media/upload", lambda c: c.media_status("5")),
]


@responses.activate
@pytest.mark.parametrize(("path", "read"), READS, ids=[r[0] for r in READS])
def test_reads_ask_for_what_the_description_knows(
    client: XClient, openapi: dict[str, Any], path: str, read: Send
) -> None:
    client.fields_vocabulary = "post"
    one = {"id": "1", "text": "", "username": "a", "name": "a"}
    many = path.rsplit("/", 1)[1] in ("users", "tweets", "mentions", "recent", "dm_events")
    responses.get(address(path), json={"data": [one] if many else one})
    read(client)
    known: dict[str, Any] = {}
    for entry in openapi["paths"][path]["get"]["parameters"]:
        if "$ref" in entry:
            entry = openapi["components"]["parameters"][entry["$ref"].rsplit("/", 1)[1]]
        known[entry["name"]] = entry["schema"]
    for name, value in responses.calls[0].request.params.items():  # type: ignore[union-attr]
        assert name in known
        choices = known[name].get("items", {}).get("enum")
        if choices:
            assert set(value.split(",")) <= set(choices)


@responses.activate
def test_a_file_goes_up_in_ordered_chunks(client: XClient) -> None:
    upload = f"{BASE}/2/media/upload"
    responses.post(f"{upload}/initialize", json={"data": {"id": "5"}})
    responses.post(f"{upload}/5/append", status=204)
    info = {"state": "pending", "check_after_secs": 3}
    responses.post(f"{upload}/5/finalize", json={"data": {"id": "5", "processing_info": info}})
    responses.get(upload, json={"data": {"id": "5", "processing_info": {"state": "succeeded"}}})
    made = client.upload_media(
        io.BytesIO(b"abcdefgh"),
        media_type="video/mp4",
        category="tweet_video",
        total_bytes=8,
        chunk_bytes=3,
    )
    assert (made.ready, made.failed) == (False, False)
    assert made.processing is not None
    assert made.processing.check_after_secs == 3
    assert client.media_status("5").ready
    chunks = [call.request.body for call in responses.calls[1:4]]
    for index, (chunk, part) in enumerate(zip(chunks, (b"abc", b"def", b"gh"), strict=True)):
        assert isinstance(chunk, bytes)
        assert b'name="segment_index"\r\n\r\n%d\r\n' % index in chunk
        assert b"\r\n\r\n" + part + b"\r\n" in chunk
