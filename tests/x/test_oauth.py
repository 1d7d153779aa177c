"""Tokens: renewed once, never lost to a passing error, never shown."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import requests
import responses

from accounts.x import oauth
from accounts.x.credentials import OAuth2Credentials
from accounts.x.errors import InvalidGrant, NotSent, Rejected, Unauthorized, Unknown, XError
from accounts.x.types import CallRecord
from tests.x.conftest import BASE

TOKEN = f"{BASE}/2/oauth2/token"
PAIR = {
    "token_type": "bearer",
    "expires_in": 7200,
    "access_token": "new-access",
    "refresh_token": "new-refresh",
    "scope": "tweet.read tweet.write",
}


def refresh(credentials: OAuth2Credentials, told: list[CallRecord] | None = None) -> object:
    return oauth.refresh_token(
        credentials, BASE, backoff=0.001, on_call=told.append if told is not None else None
    )


def form(call: responses.Call) -> dict[str, list[str]]:
    return parse_qs(str(call.request.body))


@responses.activate
def test_a_confidential_client_renews_with_basic(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, json=PAIR)
    records: list[CallRecord] = []
    pair = oauth.refresh_token(oauth2, BASE, on_call=records.append)
    assert (pair.access_token, pair.refresh_token) == ("new-access", "new-refresh")
    assert pair.scope == ("tweet.read", "tweet.write")
    assert pair.expires_at is not None
    assert abs(pair.expires_at - datetime.now(UTC) - timedelta(hours=2)) < timedelta(seconds=30)
    (call,) = responses.calls
    basic = base64.b64encode(b"cid-eee:csecret2-fff").decode()
    assert call.request.headers["Authorization"] == f"Basic {basic}"
    assert form(call) == {"grant_type": ["refresh_token"], "refresh_token": ["refresh-hhh"]}
    assert [record.operation for record in records] == ["refresh_token"]


@responses.activate
def test_a_public_client_names_itself(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, json={**PAIR, "refresh_token": None})
    pair = oauth.refresh_token(replace(oauth2, client_secret=None), BASE)
    assert pair.refresh_token is None
    (call,) = responses.calls
    assert "Authorization" not in call.request.headers
    assert form(call)["client_id"] == ["cid-eee"]


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "x"}, InvalidGrant),
        (
            400,
            {
                "error": "invalid_request",
                "error_description": "Value passed for the token was invalid.",
            },
            InvalidGrant,
        ),
        (400, {"error": "invalid_request", "error_description": "Missing parameter"}, Rejected),
        (401, {"error": "invalid_client"}, Unauthorized),
        (401, {"error": "unauthorized_client"}, Unauthorized),
        (429, {"title": "Too Many Requests"}, Rejected),
        (403, {"title": "Forbidden"}, Rejected),
        (500, {}, Unknown),
        (503, {"error": "invalid_grant"}, Unknown),
        (200, {"token_type": "bearer"}, Unknown),
        (200, [], Unknown),
    ],
)
def test_only_a_spent_token_is_an_invalid_grant(
    oauth2: OAuth2Credentials, status: int, body: object, kind: type[XError]
) -> None:
    responses.post(TOKEN, json=body, status=status)
    with pytest.raises(kind) as caught:
        refresh(oauth2)
    assert isinstance(caught.value, InvalidGrant) is (kind is InvalidGrant)
    assert len(responses.calls) == 1


@responses.activate
def test_a_timeout_may_have_spent_the_token_and_is_not_repeated(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, body=requests.ReadTimeout())
    with pytest.raises(Unknown):
        refresh(oauth2)
    assert len(responses.calls) == 1


@responses.activate
def test_what_was_not_sent_is_repeated(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, body=requests.ConnectTimeout())
    responses.post(TOKEN, body=requests.ConnectTimeout())
    responses.post(TOKEN, json=PAIR)
    told: list[CallRecord] = []
    refresh(oauth2, told)
    assert [record.error_code for record in told] == ["connect_timeout", "connect_timeout", ""]


@responses.activate
def test_it_gives_up_as_not_sent(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, body=requests.ConnectTimeout())
    with pytest.raises(NotSent):
        refresh(oauth2)
    assert len(responses.calls) == 5


def test_without_a_refresh_token_there_is_nothing_to_ask(oauth2: OAuth2Credentials) -> None:
    with pytest.raises(InvalidGrant):
        refresh(replace(oauth2, refresh_token=None))


@responses.activate
def test_new_tokens_never_get_into_an_error(oauth2: OAuth2Credentials) -> None:
    responses.post(TOKEN, body='{"access_token": "fresh-secret", "refresh_token": "fresh-se')
    with pytest.raises(Unknown) as caught:
        refresh(oauth2)
    assert "fresh" not in caught.value.raw + caught.value.detail


@responses.activate
def test_revoking_and_the_app_bearer(oauth2: OAuth2Credentials) -> None:
    responses.post(f"{BASE}/2/oauth2/revoke", json={"revoked": True})
    responses.post(f"{BASE}/oauth2/token", json={"token_type": "bearer", "access_token": "app"})
    oauth.revoke_token(oauth2, "access-ggg", BASE)
    assert oauth.app_bearer("key", "secret", BASE).token == "app"
    revoked, asked = responses.calls
    assert form(revoked) == {"token": ["access-ggg"]}
    assert form(asked) == {"grant_type": ["client_credentials"]}
