"""OAuth 2.0 token endpoints: expiry, rotation, revocation, app-only."""

from __future__ import annotations

import requests

from .client import Caller
from .process import SandboxProcess


def refresh(server: SandboxProcess, token: str, *, secret: str | None = None) -> requests.Response:
    keys = server.account()["oauth2"]
    return requests.post(
        server.url + "/2/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": token},
        auth=(keys["client_id"], secret or keys["client_secret"]),
        timeout=10,
    )


def status(server: SandboxProcess, token: str) -> int:
    return Caller(server, bearer=token).get("/2/users/me").status_code


def test_an_access_token_lives_two_hours(server: SandboxProcess) -> None:
    token = server.account()["oauth2"]["access_token"]
    assert status(server, token) == 200
    server.settings(clock_offset_s=7100)
    assert status(server, token) == 200
    server.settings(clock_offset_s=7300)
    assert status(server, token) == 401


def test_refresh_rotates_the_pair(server: SandboxProcess) -> None:
    old = server.account()["oauth2"]
    answer = refresh(server, old["refresh_token"])
    assert answer.status_code == 200
    new = answer.json()
    assert new["token_type"] == "bearer"
    assert new["expires_in"] == 7200
    assert "offline.access" in new["scope"].split()
    assert new["refresh_token"] != old["refresh_token"]
    assert status(server, new["access_token"]) == 200
    assert refresh(server, new["refresh_token"]).status_code == 200
    assert [e["account"] for e in server.ledger("refresh_token")] == ["acme", "acme"]
    assert old["refresh_token"] not in str(server.ledger())


def test_a_spent_refresh_token_kills_the_grant(server: SandboxProcess) -> None:
    spent = server.account()["oauth2"]["refresh_token"]
    new = refresh(server, spent).json()
    again = refresh(server, spent)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert status(server, new["access_token"]) == 401
    assert refresh(server, new["refresh_token"]).status_code == 400
    assert server.account()["oauth2"]["alive"] is False
    renewed = server.make_account("acme", reauthorize=True)["oauth2"]
    assert status(server, renewed["access_token"]) == 200


def test_the_client_must_identify_itself(server: SandboxProcess) -> None:
    token = server.account()["oauth2"]["refresh_token"]
    answer = refresh(server, token, secret="wrong")
    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthorized_client"
    assert refresh(server, token).status_code == 200  # the refusal did not spend it


def test_a_token_of_another_app_is_refused(server: SandboxProcess) -> None:
    foreign = server.account("willowclinic")["oauth2"]["refresh_token"]
    assert refresh(server, foreign).status_code == 400


def test_revoking_the_refresh_token_ends_the_grant(server: SandboxProcess) -> None:
    keys = server.account()["oauth2"]
    answer = requests.post(
        server.url + "/2/oauth2/revoke",
        data={"token": keys["refresh_token"]},
        auth=(keys["client_id"], keys["client_secret"]),
        timeout=10,
    )
    assert answer.json() == {"revoked": True}
    assert status(server, keys["access_token"]) == 401


def test_the_app_only_token(server: SandboxProcess) -> None:
    account = server.account()
    keys = account["oauth1"]
    url = server.url + "/oauth2/token"
    form = {"grant_type": "client_credentials"}
    auth = (keys["consumer_key"], keys["consumer_secret"])
    answer = requests.post(url, data=form, auth=auth, timeout=10)
    assert answer.json()["access_token"] == account["app_bearer_token"]
    refused = requests.post(url, data=form, auth=("a", "b"), timeout=10)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["code"] == 99
