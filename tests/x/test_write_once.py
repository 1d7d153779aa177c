"""Whatever the network does, a create goes out at most once and the error says what is known."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable

import pytest

from accounts.x.client import XClient
from accounts.x.credentials import OAuth2Credentials
from accounts.x.errors import NotSent, Rejected, Unknown, XError
from accounts.x.types import CallRecord
from tests.x.raw_server import (
    Behaviour,
    answer,
    drip,
    hang_up,
    raw,
    reset,
    serving,
    silent,
)

CREATED = json.dumps({"data": {"id": "1234567890123456789", "text": "hi"}}).encode()
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
UNBOUNDED = b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n"


def make_client(url: str, records: list[CallRecord] | None = None) -> XClient:
    return XClient(
        OAuth2Credentials("cid", None, "token"),
        base_url=url,
        user_id="100",
        on_call=records.append if records is not None else None,
        connect_timeout=0.3,
        read_timeout=0.3,
        deadline=0.8,
    )


CREATES: list[tuple[str, Callable[[XClient], object]]] = [
    ("post", lambda c: c.create_post("hi")),
    ("reply", lambda c: c.create_post("hi", reply_to="5")),
    ("dm", lambda c: c.send_dm("hi", participant_id="7")),
]

UNKNOWN: list[tuple[str, Behaviour, str]] = [
    ("read timeout", silent, "timeout"),
    ("reset", reset, "connection_reset"),
    ("hang-up", hang_up, "connection_reset"),
    ("cut-off headers", raw(b"HTTP/1.1 201 Created\r\nContent-Le"), "bad_answer"),
    ("cut-off body", raw(b"HTTP/1.1 201 C\r\nContent-Length: 99\r\n\r\n{}"), "connection_reset"),
    ("dripping headers", drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"a"), "timeout"),
    ("dripping body", drip(CHUNKED, b"1\r\n \r\n"), "timeout"),
    ("dripping body without an end", drip(UNBOUNDED, b" "), "timeout"),
    ("no HTTP at all", raw(b"\x00\xff garbage\r\n\r\n"), "bad_answer"),
    ("HTML", answer("200 OK", b"<html>It works!</html>"), "bad_answer"),
    ("empty success", answer("201 Created"), "bad_answer"),
    ("no id", answer("201 Created", b'{"data":{"text":"hi"}}'), "bad_answer"),
    ("id of an odd type", answer("201 Created", b'{"data":{"id":{}}}'), "bad_answer"),
    ("a list", answer("201 Created", b"[]"), "bad_answer"),
    ("null", answer("201 Created", b"null"), "bad_answer"),
    ("nesting", answer("201 Created", b"[" * 100_000), "bad_answer"),
    ("only errors", answer("200 OK", b'{"errors":[{"title":"No"}]}'), "bad_answer"),
    ("too much", answer("201 Created", b" " * (6 * 1024 * 1024)), "bad_answer"),
    ("bad gzip", answer("201 Created", b"abc", "Content-Encoding: gzip"), "bad_answer"),
    ("redirect", answer("307 Temporary Redirect", b"", "Location: /2/tweets"), "bad_answer"),
    ("redirect to a page", answer("302 Found", b"", "Location: /"), "bad_answer"),
    ("500", answer("500 Internal Server Error", b"<html>"), "server_error"),
    ("503", answer("503 Service Unavailable", CREATED), "server_error"),
    ("408", answer("408 Request Timeout"), "timeout"),
]


@pytest.mark.parametrize(("name", "send"), CREATES, ids=[c[0] for c in CREATES])
@pytest.mark.parametrize(("fault", "behave", "code"), UNKNOWN, ids=[u[0] for u in UNKNOWN])
def test_it_sends_once_and_says_unknown(
    name: str, send: Callable[[XClient], object], fault: str, behave: Behaviour, code: str
) -> None:
    records: list[CallRecord] = []
    with serving(behave) as server:
        began = time.monotonic()
        with pytest.raises(Unknown) as caught:
            send(make_client(server.url, records))
        took = time.monotonic() - began
    assert caught.value.code == code
    assert len(server.requests) == 1
    assert took < 1.6
    assert [record.error_code for record in records] == [code]


@pytest.mark.parametrize("behave", [silent, reset, hang_up], ids=["timeout", "reset", "hang-up"])
def test_what_http_holds_repeatable_is_not_repeated_either(behave: Behaviour) -> None:
    with serving(behave) as server:
        client = make_client(server.url)
        for send in (client.delete_post, client.unlike, client.hide_reply):
            with pytest.raises(Unknown):
                send("1")
    assert len(server.requests) == 3


def test_the_deadline_holds_where_every_read_is_quick() -> None:
    with serving(drip(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"a", pause=0.02)) as server:
        began = time.monotonic()
        with pytest.raises(Unknown):
            make_client(server.url).create_post("hi")
        took = time.monotonic() - began
    assert 0.7 < took < 1.3


def test_an_id_counts_even_if_the_connection_breaks_afterwards() -> None:
    body = b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n" + CREATED
    with serving(raw(body)) as server:
        created = make_client(server.url).create_post("hi")
    assert created.id == "1234567890123456789"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "behave",
    [
        answer("201 Created", gzip.compress(CREATED), "Content-Encoding: gzip"),
        raw(CHUNKED, b"%x\r\n" % len(CREATED), CREATED, b"\r\n0\r\n\r\n"),
        raw(UNBOUNDED, CREATED[:20], CREATED[20:]),
        drip(UNBOUNDED + CREATED),
    ],
    ids=["gzip", "chunked", "without a length", "whole, then dripping"],
)
def test_it_reads_a_body_however_it_comes(behave: Behaviour) -> None:
    with serving(behave) as server:
        assert make_client(server.url).create_post("hi").id == "1234567890123456789"
    assert len(server.requests) == 1


def test_a_rejection_is_one_even_if_its_body_never_comes() -> None:
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n"
    with serving(drip(head)) as server, pytest.raises(Rejected) as caught:
        make_client(server.url).create_post("hi")
    assert caught.value.code == "forbidden"


def test_each_call_has_a_connection_of_its_own() -> None:
    # A server that keeps connections open serves one request on each here; a client that reused
    # one would get no second answer.
    def keep_open(connection: socket.socket) -> None:
        answer("201 Created", CREATED)(connection)
        silent(connection)

    with serving(keep_open) as server:
        client = make_client(server.url)
        assert client.create_post("hi").id == client.create_post("ho").id
    assert len(server.requests) == 2


def refused(_: pytest.MonkeyPatch) -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def no_name(patch: pytest.MonkeyPatch) -> str:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    patch.setattr(socket, "getaddrinfo", fail)
    return "http://api.x.invalid"


def no_answer_to_connecting(patch: pytest.MonkeyPatch) -> str:
    def fail(*_args: object) -> None:
        raise TimeoutError("timed out")

    patch.setattr(socket.socket, "connect", fail)
    return "http://127.0.0.1:9"


def no_route(patch: pytest.MonkeyPatch) -> str:
    def fail(*_args: object) -> None:
        raise OSError(101, "Network is unreachable")

    patch.setattr(socket.socket, "connect", fail)
    return "http://127.0.0.1:9"


def slow_name(patch: pytest.MonkeyPatch) -> str:
    real = socket.getaddrinfo

    def late(*args: object, **kwargs: object) -> object:
        time.sleep(1.0)  # a resolver that cannot be interrupted, past the deadline of 0.8 s
        return real(*args, **kwargs)  # type: ignore[arg-type]

    patch.setattr(socket, "getaddrinfo", late)
    listener = socket.create_server(("127.0.0.1", 0))
    patch.setattr(socket, "_kept_open_for_the_test", listener, raising=False)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (refused, "refused"),
        (no_name, "dns"),
        (no_answer_to_connecting, "connect_timeout"),
        (no_route, "unreachable"),
        (slow_name, "connect_timeout"),
    ],
)
@pytest.mark.parametrize(("name", "send"), CREATES, ids=[c[0] for c in CREATES])
def test_it_says_not_sent_when_nothing_left(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    send: Callable[[XClient], object],
    trouble: Callable[[pytest.MonkeyPatch], str],
    code: str,
) -> None:
    records: list[CallRecord] = []
    client = make_client(trouble(monkeypatch), records)
    with pytest.raises(NotSent) as caught:
        send(client)
    assert caught.value.code == code
    assert caught.value.status is None
    assert [(r.error_code, r.cost_usd) for r in records] == [(code, 0)]


def test_a_full_backlog_is_a_connect_timeout() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        try:
            for _ in range(8):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(listener.getsockname())
            client = make_client(f"http://127.0.0.1:{listener.getsockname()[1]}")
            with pytest.raises(XError) as caught:
                client.create_post("hi")
        finally:
            for sock in waiting:
                sock.close()
    assert isinstance(caught.value, NotSent)
    assert caught.value.code == "connect_timeout"


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with serving(answer("201 Created", CREATED)) as server:
        assert make_client(server.url).create_post("hi").text == "hi"
