"""Credentials are in no printed form, no error and no log line; and a signature is a right one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
import requests
import responses

from accounts.x import oauth
from accounts.x.client import XClient
from accounts.x.credentials import AppBearer, OAuth1Credentials, OAuth2Credentials
from accounts.x.errors import InvalidRequest, XError
from tests.x.conftest import BASE, ME
from tests.x.raw_server import answer, serving

EVERY = (
    "ckey-aaa",
    "csecret-bbb",
    "token-ccc",
    "tsecret-ddd",
    "csecret2-fff",
    "access-ggg",
    "refresh-hhh",
)


def shown(*things: object) -> str:
    text = " ".join(f"{thing!r} {thing}" for thing in things)
    return " ".join(secret for secret in EVERY if secret in text)


def test_nothing_printed_shows_a_secret(
    oauth1: OAuth1Credentials, oauth2: OAuth2Credentials
) -> None:
    clients = [XClient(c, base_url=BASE, user_id=ME) for c in (oauth1, oauth2)]
    callers = [client._caller for client in clients]
    assert shown(oauth1, oauth2, AppBearer("access-ggg"), *clients, *callers) == ""


@pytest.mark.parametrize("kind", ["oauth1", "oauth2"])
def test_no_log_line_and_no_error_shows_a_secret(
    kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = request.getfixturevalue(kind)
    caplog.set_level(logging.DEBUG)
    echo = " ".join(EVERY).encode()
    with serving(answer("403 Forbidden", b'{"detail": "' + echo + b'"}')) as server:
        client = XClient(credentials, base_url=server.url, user_id=ME, read_backoff=0.01)
        for call in (lambda: client.create_post("hi"), client.me):
            with pytest.raises(XError) as caught:
                call()
            said = f"{caught.value!r} {caught.value.raw} {caught.value.detail}"
            assert not [secret for secret in credentials.secrets() if secret in said]
            assert caught.value.__context__ is None
    assert any(line.name.startswith("urllib3") for line in caplog.records)
    assert not [secret for secret in EVERY if secret in caplog.text]


def test_a_refresh_logs_no_token(
    oauth2: OAuth2Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pair = b'{"access_token": "access-ggg", "refresh_token": "refresh-hhh"}'
    with serving(answer("200 OK", pair)) as server:
        tokens = oauth.refresh_token(oauth2, server.url)
    assert shown(tokens) == ""
    assert not [secret for secret in EVERY if secret in caplog.text]


@responses.activate
def test_network_errors_do_not_carry_the_request_along(client: XClient) -> None:
    responses.post(f"{BASE}/2/tweets", body=requests.ReadTimeout("Bearer access-ggg"))
    with pytest.raises(XError) as caught:
        client.create_post("hi")
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert "access-ggg" not in str(caught.value)


@pytest.mark.parametrize("token", ["two-lines\nof-token", "日本日本日本"])
def test_a_token_that_fits_no_header_is_an_error_not_a_crash(token: str) -> None:
    client = XClient(OAuth2Credentials("c", None, token), base_url="http://127.0.0.1:9")
    with pytest.raises(InvalidRequest) as caught:
        client.create_post("hi")
    assert token.split("\n")[0] not in f"{caught.value}"


def _signature(request: requests.PreparedRequest, credentials: OAuth1Credentials) -> str:
    """The signature of RFC 5849 over method, address, query and the header's own values."""
    sent = request.headers["Authorization"]
    header = (sent.decode() if isinstance(sent, bytes) else sent).removeprefix("OAuth ")
    values = dict(pair.strip().split("=", 1) for pair in header.split(","))
    given = [(unquote(k), unquote(v.strip('"'))) for k, v in values.items()]
    parts = urlsplit(str(request.url))
    signed = [*parse_qsl(parts.query, keep_blank_values=True), *given]
    pairs = sorted(
        (quote(k, safe="~"), quote(v, safe="~")) for k, v in signed if k != "oauth_signature"
    )
    joined = "&".join(f"{k}={v}" for k, v in pairs)
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    base = "&".join(quote(part, safe="~") for part in (str(request.method), address, joined))
    key = f"{quote(credentials.consumer_secret)}&{quote(credentials.access_token_secret)}"
    made = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    assert dict(given)["oauth_signature"] == base64.b64encode(made).decode()
    return dict(given)["oauth_nonce"]


@responses.activate
def test_oauth1_signs_the_query_but_no_body(oauth1: OAuth1Credentials) -> None:
    client = XClient(oauth1, base_url=BASE, user_id=ME)
    responses.get(f"{BASE}/2/tweets/search/recent", json={"meta": {}})
    responses.post(f"{BASE}/2/tweets", json={"data": {"id": "1"}})
    responses.post(f"{BASE}/2/media/upload/5/append", status=200)
    responses.post(f"{BASE}/2/media/upload/5/finalize", json={"data": {"id": "5"}})
    client.search_recent('from:a "b c" (d OR #é) 100%+1~*\'')
    client.create_post("a=b&c=d")
    client.media_append("5", 0, b"a=b&c=d")
    client.media_finalize("5")
    nonces = {_signature(call.request, oauth1) for call in responses.calls}
    assert len(nonces) == 4
