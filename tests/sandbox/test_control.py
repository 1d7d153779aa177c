"""The control face: ledger, accounts, settings, arrivals."""

from __future__ import annotations

import socket

import pytest
import requests

from .client import Caller
from .process import SandboxProcess


def test_thirty_accounts_with_credentials_of_both_kinds(server: SandboxProcess) -> None:
    accounts = server.accounts()
    assert [account["index"] for account in accounts] == list(range(1, 31))
    assert len({account["id"] for account in accounts}) == 30
    assert {account["app"] for account in accounts} == {"sandbox app", "sandbox second app"}
    tokens = {account["oauth1"]["access_token"] for account in accounts}
    tokens |= {account["oauth2"]["access_token"] for account in accounts}
    tokens |= {account["oauth2"]["refresh_token"] for account in accounts}
    assert len(tokens) == 90
    server.reset()
    assert [a["oauth1"] for a in server.accounts()] == [a["oauth1"] for a in accounts]


def test_every_account_can_call_with_either_kind(server: SandboxProcess) -> None:
    for account in server.accounts()[::7]:
        name = account["username"]
        bearer = account["oauth2"]["access_token"]
        for caller in (Caller(server, name), Caller(server, name, bearer=bearer)):
            assert caller.get("/2/users/me").json()["data"]["id"] == account["id"]


def test_an_account_can_be_added(server: SandboxProcess) -> None:
    made = server.make_account("freshly_made")
    assert made["index"] == 31
    assert Caller(server, "freshly_made").post("here I am").status_code == 201
    with pytest.raises(ValueError, match="letters, digits"):
        server.make_account("not a name")
    with pytest.raises(ValueError, match="one of the people"):
        server.make_account("tomwebb84")


def test_the_ledger_is_narrowed(server: SandboxProcess, acme: Caller, northwind: Caller) -> None:
    acme.post("one")
    northwind.post("two")
    acme.post("three")
    everything = server.ledger()
    assert [entry["payload"]["text"] for entry in everything] == ["one", "two", "three"]
    assert [entry["seq"] for entry in everything] == [1, 2, 3]
    assert everything[0]["time"].endswith("Z")
    assert server.ledger(since=2) == everything[2:]
    assert server.ledger(account="northwind") == everything[1:2]
    assert server.ledger(account=acme.id) == everything[::2]


def test_people_write_on_demand(server: SandboxProcess, acme: Caller) -> None:
    one = server.mention("acme")
    two = server.mention(acme.id, **{"from": "someone_new", "text": "hello"})
    assert two["text"] == "@acme hello"
    assert two["author_username"] == "someone_new"
    mentions = acme.get(f"/2/users/{acme.id}/mentions").json()["data"]
    assert [post["id"] for post in mentions] == [two["id"], one["id"]]
    assert server.ledger() == []  # nothing a client wrote
    assert server.control("POST", "dms")["to"] == "acme"
    for body in ({"to": "nobody_at_all"}, {"to": "acme", "in_reply_to_post_id": "42"}):
        with pytest.raises(ValueError, match="400"):
            server.control("POST", "mentions", body)


def test_settings_are_checked_and_a_wrong_one_changes_nothing(server: SandboxProcess) -> None:
    assert server.settings(read_lag_ms=50, rate_limits="off")["read_lag_ms"] == 50
    for wrong in (
        {"read_lag_ms": 1, "shoe": 1},
        {"rate_limits": "some"},
        {"latency_ms": -1},
        {"quiet_world": 1},
        {"limit_overrides": {"me": 3}},
        {"world_interval_s": [9, 2]},
    ):
        with pytest.raises(ValueError, match="400"):
            server.settings(**wrong)
    assert server.settings()["read_lag_ms"] == 50
    server.reset()
    assert server.settings()["rate_limits"] == "real"


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("mentions", {"text": 5}),
        ("mentions", {"to": {}}),
        ("mentions", {"in_reply_to_post_id": "x"}),
        ("dms", {"text": []}),
        ("dms", {"from": "acme", "to": "acme"}),
        ("dms", []),
        ("accounts", {}),
        ("accounts", {"username": "fine", "access": []}),
        ("accounts", {"username": "fine", "premium": "yes"}),
        ("accounts", {"username": "fine", "scopes": 3}),
        ("accounts", {"username": "fine", "shoe": 3}),
        ("settings", []),
    ],
)
def test_a_wrong_body_is_refused_with_a_sentence(
    server: SandboxProcess, place: str, body: object
) -> None:
    answer = requests.post(f"{server.url}/_sandbox/{place}", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_unknown_places_and_methods(server: SandboxProcess, acme: Caller) -> None:
    assert requests.get(server.url + "/_sandbox/nothing", timeout=5).status_code == 404
    assert requests.put(server.url + "/_sandbox/ledger", timeout=5).status_code == 405
    assert requests.post(server.url + "/_sandbox/dms", data="{", timeout=5).status_code == 400
    assert acme.get("/2/nothing").status_code == 404
    assert acme.call("PATCH", "/2/tweets").status_code == 405


def test_latency_is_added_to_answers(server: SandboxProcess, acme: Caller) -> None:
    server.settings(latency_ms=200)
    assert acme.get("/2/users/me").elapsed.total_seconds() >= 0.2


def own_address() -> str:
    """An address of this machine that is not loopback, or an empty string."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; picks the outgoing interface
        except OSError:
            return ""
        address = str(probe.getsockname()[0])
    return "" if address.startswith("127.") else address


def test_the_control_face_answers_on_loopback_only(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    address = own_address()
    if not address:
        pytest.skip("this machine has no address beside loopback")
    home = tmp_path_factory.mktemp("open")
    with SandboxProcess(home, options=("--host", "0.0.0.0")) as server:  # noqa: S104 - the case
        outside = f"http://{address}:{server.port}"
        assert requests.get(outside + "/_sandbox/ledger", timeout=5).status_code == 403
        assert requests.post(outside + "/_sandbox/reset", timeout=5).status_code == 403
        assert requests.get(outside + "/2/users/me", timeout=5).status_code == 401
