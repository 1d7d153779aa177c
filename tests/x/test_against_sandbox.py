"""The main operations against the sandbox X server over real HTTP, with both kinds of login."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from accounts.x import oauth
from accounts.x.client import XClient
from accounts.x.credentials import AppBearer, OAuth1Credentials, OAuth2Credentials
from accounts.x.errors import (
    DuplicateContent,
    Forbidden,
    InvalidGrant,
    NotFound,
    NotSent,
    RateLimited,
    Unauthorized,
    Unknown,
)
from accounts.x.text import same_text
from accounts.x.types import CallRecord
from tests.sandbox.process import SandboxProcess

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

Make = Callable[..., XClient]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess) -> SandboxProcess:
    running.reset()
    return running


def oauth2_of(account: dict[str, Any]) -> OAuth2Credentials:
    given = account["oauth2"]
    return OAuth2Credentials(
        given["client_id"], given["client_secret"], given["access_token"], given["refresh_token"]
    )


@pytest.fixture(params=["oauth1", "oauth2"])
def make(request: pytest.FixtureRequest, sandbox: SandboxProcess) -> Make:
    def build(name: str = "acme", **options: Any) -> XClient:
        account = sandbox.account(name)
        credentials = (
            OAuth1Credentials(**account["oauth1"])
            if request.param == "oauth1"
            else oauth2_of(account)
        )
        options = {"read_backoff": 0.01, **options}
        return XClient(credentials, base_url=sandbox.url, user_id=account["id"], **options)

    return build


def test_a_post_is_made_read_back_and_deleted(make: Make, sandbox: SandboxProcess) -> None:
    told: list[CallRecord] = []
    client = make(on_call=told.append)
    text = "Tea & <cake> “today”\nat https://example.com/menu?a=1&b=2 日本 👩‍👩‍👧"
    assert client.me().id == client.user_id
    created = client.create_post(text)
    (found,) = client.own_posts().items
    assert found.id == created.id
    assert same_text(text, found)
    assert same_text(text, client.get_post(created.id))
    assert not same_text(text + "!", found)
    with pytest.raises(DuplicateContent):
        client.create_post(text)
    assert client.delete_post(created.id) is True
    with pytest.raises(NotFound):
        client.delete_post(created.id)
    with pytest.raises(NotFound):
        client.get_post(created.id)
    assert [entry["payload"]["text"] for entry in sandbox.ledger("create_post")] == [text]
    assert all(record.rate_limit.limit for record in told)


def test_a_thread_and_a_summoned_reply(make: Make, sandbox: SandboxProcess) -> None:
    client = make()
    first = client.create_post("One")
    second = client.create_post("Two", reply_to=first.id)
    asked = {"text": "@acme are you open?", "in_reply_to_post_id": first.id}
    mention = sandbox.mention("acme", **asked)
    (heard,) = client.mentions().items
    assert heard.id == mention["post_id"]
    assert heard.author is not None
    reply = client.create_post("Until six.", reply_to=heard.id)
    posts = {post.id: post for post in client.own_posts(since_id=first.id).items}
    assert set(posts) == {second.id, reply.id}
    assert posts[second.id].replied_to_id == first.id
    assert same_text("Until six.", posts[reply.id])
    assert heard.replied_to_id == first.id
    assert client.hide_reply(heard.id) is True
    assert client.hide_reply(heard.id, hidden=False) is False


def test_a_reply_to_somebody_who_did_not_ask_is_refused(make: Make) -> None:
    other = make("northwind").create_post("Nobody is named here")
    with pytest.raises(Forbidden) as caught:
        make().create_post("Let me butt in", reply_to=other.id)
    assert caught.value.code == "reply_not_allowed"
    with pytest.raises(Forbidden) as caught:
        make().like(other.id)
    assert caught.value.code == "not_in_plan"


def test_a_repost_and_its_undoing(make: Make) -> None:
    other = make("northwind").create_post("Worth repeating")
    client = make()
    assert client.repost(other.id) is True
    assert client.unrepost(other.id) is False


def test_users_are_found(make: Make) -> None:
    client = make()
    user = client.get_user_by_username("northwind")
    assert client.get_user(user.id).username == "northwind"
    page = client.get_users([user.id, "1"])
    assert [found.id for found in page.items] == [user.id]
    assert len(page.errors) == 1
    with pytest.raises(NotFound):
        client.get_user_by_username("nobody_at_all")


def test_a_direct_message_goes_out_and_is_read_back(make: Make, sandbox: SandboxProcess) -> None:
    client = make()
    came = sandbox.dm("acme", text="hello?")
    sent = client.send_dm("Hello & welcome", participant_id=came["sender_id"])
    assert sent.conversation_id == came["dm_conversation_id"]
    client.send_dm("And again", conversation_id=sent.conversation_id)
    events = client.dm_events_with(came["sender_id"]).items
    assert sent.event_id in {event.id for event in events}
    mine = [event for event in events if event.sender_id == client.user_id]
    assert len(mine) == 2
    assert {event.id for event in client.dm_events().items} == {event.id for event in events}
    closed = client.get_user_by_username("closed_casper")
    with pytest.raises(Forbidden) as caught:
        client.send_dm("psst", participant_id=closed.id)
    assert caught.value.code == "dm_not_allowed"


def test_a_picture_with_alt_text_is_posted(make: Make) -> None:
    client = make()
    upload = client.upload_media(
        io.BytesIO(PIXEL),
        media_type="image/png",
        category="tweet_image",
        total_bytes=len(PIXEL),
        chunk_bytes=20,
    )
    give_up = time.monotonic() + 10
    while not upload.ready and time.monotonic() < give_up:
        assert not upload.failed
        time.sleep(0.05)
        upload = client.media_status(upload.id)
    client.set_alt_text(upload.id, "one pixel")
    created = client.create_post("Look", media_ids=[upload.id])
    stored = client.get_post(created.id)
    assert len(stored.media_keys) == 1
    assert same_text("Look", stored)


@pytest.mark.parametrize(
    ("mode", "code", "landed"),
    [
        ("timeout_after", "timeout", 1),
        ("reset_after", "connection_reset", 1),
        ("garbage_after", "bad_answer", 1),
        ("truncate_after", None, 1),
        ("status_after", "server_error", 1),
        ("timeout_before", "timeout", 0),
        ("reset_before", "connection_reset", 0),
        ("status", "server_error", 0),
    ],
)
def test_a_fault_leaves_one_post_at_most(
    make: Make, sandbox: SandboxProcess, mode: str, code: str | None, landed: int
) -> None:
    sandbox.fault("create_post", mode)
    client = make(read_timeout=0.5, deadline=1.0)
    with pytest.raises(Unknown) as caught:
        client.create_post("Once")
    assert code in (None, caught.value.code)
    assert len(sandbox.ledger("create_post")) == landed
    assert [post.text for post in client.own_posts().items] == ["Once"] * landed


def test_a_limit_names_its_end(make: Make, sandbox: SandboxProcess) -> None:
    sandbox.settings(limit_overrides={"create_post": [1, 60]})
    client = make()
    client.create_post("One")
    with pytest.raises(RateLimited) as caught:
        client.create_post("Two")
    assert caught.value.reset_at is not None
    seconds = (caught.value.reset_at - datetime.now(caught.value.reset_at.tzinfo)).total_seconds()
    assert -2 < seconds < 62


@pytest.mark.parametrize("spoken", ["classic", "spec"])
@pytest.mark.parametrize("words", ["tweet", "post"])
def test_either_vocabulary_finds_its_way(
    make: Make, sandbox: SandboxProcess, spoken: str, words: str
) -> None:
    sandbox.settings(vocabulary=spoken, strict_vocabulary=True)
    client = make(fields_vocabulary=words)
    created = client.create_post("One")
    reply = client.create_post("Two", reply_to=created.id)
    found = {post.id: post for post in client.own_posts().items}
    assert found[reply.id].replied_to_id == created.id
    assert client.fields_vocabulary == ("tweet" if spoken == "classic" else "post")


def test_tokens_are_renewed_once_and_die_of_a_second_use(sandbox: SandboxProcess) -> None:
    account = sandbox.make_account("fresh", reauthorize=True)
    old = oauth2_of(account)
    pair = oauth.refresh_token(old, sandbox.url)
    assert pair.refresh_token is not None
    new = replace(old, access_token=pair.access_token, refresh_token=pair.refresh_token)
    assert XClient(new, base_url=sandbox.url).me().id == account["id"]
    with pytest.raises(InvalidGrant):
        oauth.refresh_token(old, sandbox.url)
    stale = replace(old, access_token="none-of-theirs")
    with pytest.raises(Unauthorized):
        XClient(stale, base_url=sandbox.url).me()


def test_the_app_reads_usage_and_counts(sandbox: SandboxProcess) -> None:
    keys = sandbox.account("acme")["oauth1"]
    bearer = oauth.app_bearer(keys["consumer_key"], keys["consumer_secret"], sandbox.url)
    assert bearer == AppBearer(bearer.token)
    client = XClient(bearer, base_url=sandbox.url)
    assert client.usage_tweets().project_cap
    assert client.counts_recent("acme").total >= 0
    assert client.search_recent("acme", max_results=10).errors == ()


def test_a_stopped_x_was_not_reached(make: Make, running: SandboxProcess) -> None:
    client = make()
    running.stop()
    try:
        with pytest.raises(NotSent) as caught:
            client.create_post("hi")
        assert caught.value.code == "refused"
    finally:
        running.start()
