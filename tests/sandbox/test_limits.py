"""Rate limits and their headers."""

from __future__ import annotations

import time

from .client import Caller
from .process import SandboxProcess


def test_every_answer_tells_the_window(server: SandboxProcess, acme: Caller) -> None:
    first, second = acme.get("/2/users/me"), acme.get("/2/users/me")
    assert first.headers["x-rate-limit-limit"] == "75"
    assert first.headers["x-rate-limit-remaining"] == "74"
    assert second.headers["x-rate-limit-remaining"] == "73"
    reset = int(first.headers["x-rate-limit-reset"])
    assert 890 <= reset - time.time() <= 901
    assert second.headers["x-rate-limit-reset"] == first.headers["x-rate-limit-reset"]
    refused = acme.post("x", surprise=1)
    assert refused.status_code == 400
    assert refused.headers["x-rate-limit-remaining"] == "99"
    assert refused.headers["x-app-limit-24hour-limit"] == "10000"


def test_a_used_up_window_answers_429_until_it_resets(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    for n in range(100):
        assert acme.post(f"post {n}").status_code == 201
    refused = acme.post("one too many")
    assert refused.status_code == 429
    assert refused.json()["title"] == "Too Many Requests"
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert len(server.ledger("create_post")) == 100
    assert northwind.post("my own window").status_code == 201
    assert acme.get("/2/users/me").status_code == 200
    server.settings(clock_offset_s=901)
    assert acme.post("one too many").status_code == 201


def test_the_ways_to_send_a_dm_share_a_window(server: SandboxProcess, acme: Caller) -> None:
    arrived = server.dm("acme")
    one = f"/2/dm_conversations/with/{arrived['sender_id']}/messages"
    two = f"/2/dm_conversations/{arrived['dm_conversation_id']}/messages"
    for n in range(15):
        path = one if n % 2 else two
        assert acme.call("POST", path, json={"text": f"n {n}"}).status_code == 201
    last = acme.call("POST", one, json={"text": "too many"})
    assert last.status_code == 429
    assert last.headers["x-user-limit-24hour-remaining"] == "1425"


def test_limits_can_be_switched_off_but_headers_stay(server: SandboxProcess, acme: Caller) -> None:
    server.settings(rate_limits="off", limit_overrides={"create_post": [2, 60]})
    answers = [acme.post(f"post {n}") for n in range(4)]
    assert {answer.status_code for answer in answers} == {201}
    assert answers[-1].headers["x-rate-limit-remaining"] == "2"


def test_a_limit_can_be_overridden(server: SandboxProcess, acme: Caller) -> None:
    server.settings(limit_overrides={"create_post": [2, 60]})
    codes = [acme.post(f"post {n}").status_code for n in range(3)]
    assert codes == [201, 201, 429]
    server.settings(clock_offset_s=61)
    assert acme.post("post again").status_code == 201


def test_the_daily_cap_of_likes_is_told(server: SandboxProcess, acme: Caller) -> None:
    server.settings(allow_likes=True)
    id_ = acme.post("like").json()["data"]["id"]
    answer = acme.call("POST", f"/2/users/{acme.id}/likes", json={"tweet_id": id_})
    assert answer.headers["x-user-limit-24hour-limit"] == "1000"
    assert answer.headers["x-rate-limit-limit"] == "50"
