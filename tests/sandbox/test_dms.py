"""Direct messages."""

from __future__ import annotations

import pytest
import requests

from .client import Caller
from .process import SandboxProcess

FIELDS = "created_at,dm_conversation_id,sender_id,attachments,referenced_tweets"


def send(caller: Caller, to: str, /, **body: object) -> requests.Response:
    return caller.call("POST", f"/2/dm_conversations/with/{to}/messages", json=body)


def test_a_message_reaches_both_inboxes(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    answer = send(acme, northwind.id, text="Hi & welcome")
    assert answer.status_code == 201
    data = answer.json()["data"]
    low, high = sorted([acme.id, northwind.id], key=int)
    assert data["dm_conversation_id"] == f"{low}-{high}"
    for caller in (acme, northwind):
        page = caller.get("/2/dm_events", dm_event__fields=FIELDS, expansions="sender_id").json()
        [event] = page["data"]
        assert event["id"] == data["dm_event_id"]
        assert event["text"] == "Hi &amp; welcome"
        assert event["sender_id"] == acme.id
        assert [user["username"] for user in page["includes"]["users"]] == ["acme"]
    [entry] = server.ledger("send_dm")
    assert entry["payload"]["text"] == "Hi & welcome"
    assert entry["payload"]["participant_ids"] == [northwind.id]
    assert entry["id"] == data["dm_event_id"]


def test_an_equal_message_is_not_refused(server: SandboxProcess, acme: Caller) -> None:
    person = server.dm("acme")["sender_id"]
    for _ in range(2):
        assert send(acme, person, text="Thanks").status_code == 201
    assert len(server.ledger("send_dm")) == 2


def test_conversations_are_read_and_answered_by_id(server: SandboxProcess, acme: Caller) -> None:
    made = server.dm("acme", text="Are you open?")
    server.dm("acme", **{"from": "tomwebb84", "text": "other"})
    conversation = made["dm_conversation_id"]
    path = f"/2/dm_conversations/{conversation}"
    answer = acme.call("POST", f"{path}/messages", json={"text": "Yes, until six."})
    assert answer.status_code == 201
    events = acme.get(f"{path}/dm_events").json()["data"]
    assert [event["text"] for event in events] == ["Yes, until six.", "Are you open?"]
    same = acme.get(f"/2/dm_conversations/with/{made['sender_id']}/dm_events").json()["data"]
    assert same == events
    one = acme.get(f"/2/dm_events/{made['id']}", dm_event__fields=FIELDS).json()["data"]
    assert one["sender_id"] == made["sender_id"]
    foreign = Caller(server, "northwind")
    assert foreign.get(f"{path}/dm_events").status_code == 403
    assert "data" not in foreign.get(f"/2/dm_events/{made['id']}").json()


def test_events_come_newest_first_in_pages_of_the_last_30_days(
    server: SandboxProcess, acme: Caller
) -> None:
    made = [server.dm("acme")["id"] for _ in range(5)]
    first = acme.get("/2/dm_events", max_results=2).json()
    assert [event["id"] for event in first["data"]] == [made[4], made[3]]
    assert set(first["data"][0]) == {"id", "event_type", "text"}
    token = first["meta"]["next_token"]
    assert len(token) >= 16
    second = acme.get("/2/dm_events", max_results=2, pagination_token=token).json()
    assert [event["id"] for event in second["data"]] == [made[2], made[1]]
    assert acme.get("/2/dm_events", event_types="ParticipantsJoin").json()["meta"] == {
        "result_count": 0
    }
    server.settings(clock_offset_s=31 * 86_400)
    assert "data" not in acme.get("/2/dm_events").json()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": ""}, 400),
        ({"text": "x", "to": "y"}, 400),
        ({"text": "x", "attachments": [{"media_id": "1"}, {"media_id": "2"}]}, 400),
        ({"text": "x", "attachments": [{"media_id": "1"}]}, 400),
        ({"text": "x" * 10_001}, 400),
    ],
)
def test_wrong_messages_are_refused(
    server: SandboxProcess, acme: Caller, northwind: Caller, body: dict[str, object], status: int
) -> None:
    assert send(acme, northwind.id, **body).status_code == status
    assert server.ledger("send_dm") == []


def test_a_closed_inbox_answers_403(server: SandboxProcess, acme: Caller) -> None:
    casper = acme.get("/2/users/by/username/closed_casper").json()["data"]["id"]
    refused = send(acme, casper, text="hello")
    assert refused.status_code == 403
    assert "permission to DM" in refused.json()["detail"]
    assert send(acme, "42", text="hello").status_code == 400


def test_a_group_and_deleting_ones_own_copy(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    third = server.dm("acme")["sender_id"]
    body = {
        "conversation_type": "Group",
        "participant_ids": [northwind.id, third],
        "message": {"text": "All together"},
    }
    made = acme.call("POST", "/2/dm_conversations", json=body)
    assert made.status_code == 201
    event = made.json()["data"]["dm_event_id"]
    assert northwind.get(f"/2/dm_events/{event}").json()["data"]["text"] == "All together"
    assert acme.call("DELETE", f"/2/dm_events/{event}").json() == {"data": {"deleted": True}}
    assert "data" not in acme.get(f"/2/dm_events/{event}").json()
    assert "data" in northwind.get(f"/2/dm_events/{event}").json()
    wrong = acme.call("POST", "/2/dm_conversations", json=body | {"conversation_type": "group"})
    assert wrong.status_code == 400


def test_a_post_link_becomes_a_shared_post(acme: Caller, northwind: Caller) -> None:
    post = northwind.post("share me").json()["data"]["id"]
    send(acme, northwind.id, text=f"look https://x.com/northwind/status/{post}")
    page = acme.get("/2/dm_events", dm_event__fields=FIELDS, expansions="referenced_tweets.id")
    [event] = page.json()["data"]
    assert event["referenced_tweets"] == [{"id": post}]
    assert page.json()["includes"]["tweets"][0]["text"] == "share me"
