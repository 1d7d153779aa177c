"""What is repeated, how often, and what never is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests
import responses

from accounts.x.client import XClient
from accounts.x.credentials import OAuth2Credentials
from accounts.x.errors import NotSent, RateLimited, Unknown, XError
from accounts.x.types import CallRecord
from tests.x.conftest import BASE, ME

ME_URL = f"{BASE}/2/users/me"
USER = {"data": {"id": ME, "username": "me", "name": "Me"}}
WRITES: list[tuple[str, str, Callable[[XClient], object]]] = [
    ("POST", "/2/tweets", lambda c: c.create_post("hi")),
    ("DELETE", "/2/tweets/1", lambda c: c.delete_post("1")),
    ("POST", f"/2/users/{ME}/likes", lambda c: c.like("1")),
    ("DELETE", f"/2/users/{ME}/likes/1", lambda c: c.unlike("1")),
    ("POST", f"/2/users/{ME}/retweets", lambda c: c.repost("1")),
    ("DELETE", f"/2/users/{ME}/retweets/1", lambda c: c.unrepost("1")),
    ("PUT", "/2/tweets/1/hidden", lambda c: c.hide_reply("1")),
    ("POST", "/2/dm_conversations/with/7/messages", lambda c: c.send_dm("x", participant_id="7")),
    ("POST", "/2/dm_conversations/1-7/messages", lambda c: c.send_dm("x", conversation_id="1-7")),
    ("POST", "/2/media/upload/initialize", lambda c: c.media_initialize("image/png", 1, "x")),
    ("POST", "/2/media/upload/1/finalize", lambda c: c.media_finalize("1")),
    ("POST", "/2/media/metadata", lambda c: c.set_alt_text("1", "x")),
]


@responses.activate
@pytest.mark.parametrize(("method", "path", "send"), WRITES, ids=[f"{w[0]} {w[1]}" for w in WRITES])
@pytest.mark.parametrize("trouble", [503, requests.ConnectTimeout("x"), requests.ReadTimeout("x")])
def test_no_write_is_repeated(
    client: XClient,
    method: str,
    path: str,
    send: Callable[[XClient], object],
    trouble: int | Exception,
) -> None:
    if isinstance(trouble, int):
        responses.add(method, BASE + path, status=trouble)
    else:
        responses.add(method, BASE + path, body=trouble)
    with pytest.raises(XError) as caught:
        send(client)
    sent = not isinstance(trouble, requests.ConnectTimeout)
    assert isinstance(caught.value, Unknown if sent else NotSent)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("trouble", [500, 503, requests.ConnectTimeout(), requests.ReadTimeout()])
def test_a_read_is_tried_until_it_works(
    client: XClient, records: list[CallRecord], trouble: int | Exception
) -> None:
    for _ in range(4):
        if isinstance(trouble, int):
            responses.get(ME_URL, status=trouble)
        else:
            responses.get(ME_URL, body=trouble)
    responses.get(ME_URL, json=USER)
    assert client.me().id == ME
    assert [bool(record.error_code) for record in records] == [True] * 4 + [False]


@responses.activate
def test_a_read_gives_up_after_five_tries(client: XClient) -> None:
    responses.get(ME_URL, status=503)
    with pytest.raises(Unknown) as caught:
        client.me()
    assert caught.value.code == "server_error"
    assert len(responses.calls) == 5


@responses.activate
def test_a_read_gives_up_when_its_time_is_over() -> None:
    client = XClient(
        OAuth2Credentials("c", None, "t"), base_url=BASE, read_retry_cap=0.2, read_backoff=0.15
    )
    responses.get(ME_URL, status=503)
    began = time.monotonic()
    with pytest.raises(Unknown):
        client.me()
    assert time.monotonic() - began < 1
    assert len(responses.calls) < 5


@responses.activate
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429])
def test_a_refused_read_is_not_repeated(client: XClient, status: int) -> None:
    responses.get(ME_URL, status=status)
    with pytest.raises(XError):
        client.me()
    assert len(responses.calls) == 1


@responses.activate
def test_a_chunk_is_sent_again_but_not_into_a_limit(client: XClient) -> None:
    url = f"{BASE}/2/media/upload/5/append"
    responses.post(url, status=503)
    responses.post(url, body=requests.ReadTimeout())
    responses.post(url, status=204)
    client.media_append("5", 3, b"abc")
    assert len(responses.calls) == 3
    responses.post(url, status=429)
    with pytest.raises(RateLimited):
        client.media_append("5", 3, b"abc")
    assert len(responses.calls) == 4


@responses.activate
def test_a_failing_listener_does_not_lose_the_result(
    oauth2: OAuth2Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_record: CallRecord) -> None:
        raise RuntimeError("no room for the log row")

    client = XClient(oauth2, base_url=BASE, on_call=fail)
    responses.post(f"{BASE}/2/tweets", json={"data": {"id": "9", "text": "hi"}}, status=201)
    assert client.create_post("hi").id == "9"
    assert "create_post" in caplog.text
