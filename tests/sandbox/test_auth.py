"""OAuth 1.0a signatures, OAuth 2.0 tokens, scopes and permission levels."""

from __future__ import annotations

import time

import pytest
import requests
from requests_oauthlib import OAuth1

from .client import Caller
from .process import SandboxProcess


def signed(server: SandboxProcess, **changes: str) -> OAuth1:
    keys = server.account()["oauth1"] | changes
    return OAuth1(
        keys["consumer_key"],
        keys["consumer_secret"],
        keys["access_token"],
        keys["access_token_secret"],
        timestamp=changes.get("timestamp"),
        nonce=changes.get("nonce"),
    )


def me(server: SandboxProcess, auth: OAuth1 | None = None, bearer: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return requests.get(server.url + "/2/users/me", auth=auth, headers=headers, timeout=10)


def test_a_signature_covers_the_query(server: SandboxProcess, acme: Caller) -> None:
    acme.post("Grüße & more")
    answer = acme.get("/2/tweets/search/recent", query='"grüße & more" from:acme', max_results=10)
    assert answer.status_code == 200
    assert answer.json()["meta"]["result_count"] == 1


def test_wrong_secrets_and_unknown_keys_are_refused(server: SandboxProcess) -> None:
    other = server.account("northwind")["oauth1"]
    second_app = server.account("willowclinic")["oauth1"]
    for changes in (
        {"access_token_secret": "wrong"},
        {"consumer_secret": "wrong"},
        {"consumer_key": "nobody"},
        {"access_token": other["access_token"]},
        {
            "consumer_key": second_app["consumer_key"],
            "consumer_secret": second_app["consumer_secret"],
        },
    ):
        answer = me(server, signed(server, **changes))
        assert answer.status_code == 401
        assert answer.json()["title"] == "Unauthorized"
    assert me(server).status_code == 401
    assert me(server, bearer="made-up").status_code == 401


@pytest.mark.parametrize(("skew", "status"), [(-310, 401), (-290, 200), (290, 200), (310, 401)])
def test_a_stale_timestamp_is_refused(server: SandboxProcess, skew: int, status: int) -> None:
    auth = signed(server, timestamp=str(int(time.time()) + skew))
    assert me(server, auth).status_code == status


def test_a_nonce_works_once(server: SandboxProcess) -> None:
    stamp = str(int(time.time()))
    first = me(server, signed(server, nonce="once-only", timestamp=stamp))
    second = me(server, signed(server, nonce="once-only", timestamp=stamp))
    assert (first.status_code, second.status_code) == (200, 401)


def test_permission_levels(server: SandboxProcess) -> None:
    server.make_account("reader", permission="read")
    server.make_account("writer", permission="read-write")
    reader, writer = Caller(server, "reader"), Caller(server, "writer")
    assert reader.get("/2/users/me").status_code == 200
    refused = reader.post("no")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/oauth1-permissions")
    assert writer.post("yes").status_code == 201
    assert writer.get("/2/dm_events").status_code == 403
    assert server.ledger("create_post", account="reader") == []


def test_scopes_are_checked(server: SandboxProcess) -> None:
    fresh = server.make_account("scoped", scopes="tweet.read users.read")
    caller = Caller(server, "scoped", bearer=fresh["oauth2"]["access_token"])
    assert fresh["oauth2"]["refresh_token"] is None  # no offline.access
    assert caller.get("/2/users/me").status_code == 200
    assert caller.post("no").status_code == 403
    assert caller.get("/2/dm_events").status_code == 403


def test_an_app_token_reads_public_things_only(server: SandboxProcess, acme: Caller) -> None:
    app = Caller(server, bearer=acme.account["app_bearer_token"])
    assert app.get(f"/2/users/{acme.id}").status_code == 200
    for answer in (app.get("/2/users/me"), app.post("no")):
        assert answer.status_code == 403
        assert answer.json()["title"] == "Unsupported Authentication"
    assert app.get("/2/usage/tweets").status_code == 200
    assert acme.get("/2/usage/tweets").status_code == 403


def test_a_suspended_or_revoked_account_cannot_act(server: SandboxProcess, acme: Caller) -> None:
    server.make_account("acme", access="suspended")
    answer = acme.post("hello")
    assert answer.status_code == 403
    assert "suspended" in answer.json()["detail"]
    server.make_account("acme", access="revoked")
    assert acme.post("hello").status_code == 401
    server.make_account("acme", access="active")
    assert acme.post("hello").status_code == 201
