"""Faults on demand, seen from the client."""

from __future__ import annotations

import time

import pytest
import requests

from .client import Caller
from .process import SandboxProcess


def posted(server: SandboxProcess) -> int:
    return len(server.ledger("create_post"))


@pytest.mark.parametrize(("mode", "done"), [("status", 0), ("status_after", 1)])
def test_a_status_before_or_after_the_work(
    server: SandboxProcess, acme: Caller, mode: str, done: int
) -> None:
    server.fault("create_post", mode, status=502, headers={"Retry-After": "7"})
    answer = acme.post("hello")
    assert answer.status_code == 502
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["status"] == 502
    assert posted(server) == done
    assert acme.post("after the fault").status_code == 201


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"code": 130, "message": "Over capacity"}]}, "application/json"),
        ("<html>oops</html>", "text/html"),
        ("", "text/plain"),
    ],
)
def test_a_fault_brings_its_own_body(
    server: SandboxProcess, acme: Caller, body: object, kind: str
) -> None:
    server.fault("create_post", "status", status=503, body=body)
    answer = acme.post("hello")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith(kind)
    assert (answer.text if isinstance(body, str) else answer.json()) == body


@pytest.mark.parametrize(("mode", "done"), [("timeout_before", 0), ("timeout_after", 1)])
def test_no_answer_ever(server: SandboxProcess, acme: Caller, mode: str, done: int) -> None:
    server.fault("create_post", mode)
    with pytest.raises(requests.ReadTimeout):
        acme.call("POST", "/2/tweets", json={"text": "hello"}, timeout=0.6)
    assert posted(server) == done


@pytest.mark.parametrize(("mode", "done"), [("reset_before", 0), ("reset_after", 1)])
def test_the_connection_is_reset(
    server: SandboxProcess, acme: Caller, mode: str, done: int
) -> None:
    server.fault("create_post", mode)
    with pytest.raises(requests.ConnectionError) as caught:
        acme.post("hello")
    assert "reset by peer" in str(caught.value)
    assert posted(server) == done


def test_garbage_and_half_answers_after_the_work(server: SandboxProcess, acme: Caller) -> None:
    server.fault("create_post", "garbage_after")
    answer = acme.post("one")
    assert answer.status_code == 201
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()
    server.fault("create_post", "truncate_after")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        acme.post("two")
    assert posted(server) == 2


def test_a_slow_answer_is_the_right_one(server: SandboxProcess, acme: Caller) -> None:
    server.fault("create_post", "slow", delay_ms=400)
    start = time.monotonic()
    assert acme.post("hello").status_code == 201
    assert time.monotonic() - start >= 0.4


def test_a_late_commit_happens_after_the_refusal(server: SandboxProcess, acme: Caller) -> None:
    server.fault("create_post", "late_commit", status=504, delay_ms=400)
    assert acme.post("hello").status_code == 504
    assert posted(server) == 0
    deadline = time.monotonic() + 5
    while posted(server) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert posted(server) == 1


def test_faults_choose_by_operation_account_count_and_skip(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    server.fault("create_*", "status", account="acme", skip=1, times=2)
    assert northwind.post("not me").status_code == 201
    assert acme.get("/2/users/me").status_code == 200
    codes = [acme.post(f"post {n}").status_code for n in range(4)]
    assert codes == [201, 503, 503, 201]
    [fault] = server.control("GET", "faults")
    assert (fault["remaining"], fault["hits"]) == (0, 2)


def test_times_null_is_always_and_clearing_ends_it(server: SandboxProcess, acme: Caller) -> None:
    server.fault("*", "status", times=None, status=402)
    answers = [acme.get("/2/users/me") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {402}
    assert answers[0].json()["title"] == "CreditsDepleted"
    server.clear_faults()
    assert acme.get("/2/users/me").status_code == 200


def test_probability_strikes_a_share_of_calls(server: SandboxProcess, acme: Caller) -> None:
    server.fault("get_post", "status", times=None, probability=0.5)
    codes = [acme.get("/2/tweets/42").status_code for _ in range(60)]
    assert 10 <= codes.count(503) <= 50


def test_a_refused_call_stays_refused_under_an_after_fault(
    server: SandboxProcess, acme: Caller
) -> None:
    acme.post("same")
    server.fault("create_post", "status_after")
    assert acme.post("same").status_code == 503
    assert posted(server) == 1


def test_a_fault_can_strike_the_token_endpoint_after_rotation(server: SandboxProcess) -> None:
    keys = server.account()["oauth2"]
    server.fault("refresh_token", "reset_after", account="acme")
    form = {"grant_type": "refresh_token", "refresh_token": keys["refresh_token"]}
    auth = (keys["client_id"], keys["client_secret"])
    with pytest.raises(requests.ConnectionError):
        requests.post(server.url + "/2/oauth2/token", data=form, auth=auth, timeout=5)
    assert len(server.ledger("refresh_token")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "me"},
        {"operation": "me", "mode": "explode"},
        {"operation": "me", "mode": "status", "status": 42},
        {"operation": "me", "mode": "status", "times": -1},
        {"operation": "me", "mode": "status", "probability": 2},
        {"operation": "me", "mode": "status", "often": 2},
        {"operation": "shoe", "mode": "status"},
    ],
)
def test_a_wrong_fault_is_refused(server: SandboxProcess, fault: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="400"):
        server.control("POST", "faults", fault)
    assert server.control("GET", "faults") == []
