"""Creating and deleting posts under X's rules."""

from __future__ import annotations

import pytest

from .client import Caller
from .process import SandboxProcess


def detail(answer: object) -> str:
    return str(answer.json().get("detail"))  # type: ignore[attr-defined]


def test_it_creates_a_post_and_writes_it_into_the_ledger(
    server: SandboxProcess, acme: Caller
) -> None:
    answer = acme.post("Good morning")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["text"] == "Good morning"
    assert data["edit_history_tweet_ids"] == [data["id"]]
    [entry] = server.ledger()
    assert entry["operation"] == "create_post"
    assert entry["account"] == "acme"
    assert entry["id"] == data["id"]
    assert entry["payload"] == {"text": "Good morning"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": 5},
        {"text": "x", "surprise": 1},
        {"text": "x", "reply": {}},
        {"text": "x", "reply": {"in_reply_to_tweet_id": "1", "more": 1}},
        {"text": "x", "reply_settings": "everyone"},
        {"text": "x", "poll": {"options": ["one"], "duration_minutes": 60}},
        {"text": "x", "poll": {"options": ["a", "b" * 26], "duration_minutes": 60}},
        {"text": "x", "poll": {"options": ["a", "b"], "duration_minutes": 4}},
        {"text": "x", "media": {"media_ids": []}},
        {"text": "x", "media": {"media_ids": ["1", "2", "3", "4", "5"]}},
        {"text": "x", "quote_tweet_id": "1", "card_uri": "card://1"},
        {"text": "\ud800"},
        ["text"],
    ],
)
def test_it_refuses_a_body_outside_the_schema(
    server: SandboxProcess, acme: Caller, body: object
) -> None:
    answer = acme.call("POST", "/2/tweets", json=body)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert server.ledger() == []


def test_it_wraps_links_and_escapes_html(acme: Caller) -> None:
    text = acme.post("A & B <c> https://example.com/a?b=1&c=2 and acme.com #hey").json()["data"]
    assert text["text"].startswith("A &amp; B &lt;c&gt; https://t.co/")
    assert "example.com" not in text["text"]
    post = acme.get(f"/2/tweets/{text['id']}", tweet__fields="entities").json()["data"]
    urls = post["entities"]["urls"]
    assert [u["expanded_url"] for u in urls] == [
        "https://example.com/a?b=1&c=2",
        "http://acme.com",
    ]
    for entity in urls:
        assert post["text"][entity["start"] : entity["end"]] == entity["url"]
        assert len(entity["url"]) == 23
    [tag] = post["entities"]["hashtags"]
    assert post["text"][tag["start"] : tag["end"]] == "#hey"


def test_length_is_weighted(acme: Caller) -> None:
    link = "https://example.com/" + "x" * 300
    assert acme.post("a" * 280).status_code == 201
    assert acme.post("b" * 256 + " " + link).status_code == 201
    assert acme.post("語" * 140).status_code == 201
    too_long = ["a" * 281, "b" * 257 + " " + link, "語" * 141]
    for text in too_long:
        answer = acme.post(text)
        assert answer.status_code == 403
        assert "too long" in detail(answer)


def test_a_premium_account_may_write_long_posts(server: SandboxProcess) -> None:
    server.make_account("acme", premium=True)
    acme = Caller(server)
    id_ = acme.post("long " * 200).json()["data"]["id"]
    post = acme.get(f"/2/tweets/{id_}", tweet__fields="note_tweet").json()["data"]
    assert len(post["text"]) <= 300
    assert post["note_tweet"]["text"] == ("long " * 200).strip()


def test_duplicate_text_is_refused_until_deleted_or_a_day_old(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    first = acme.post("Same words").json()["data"]["id"]
    again = acme.post("Same words ")
    assert again.status_code == 403
    assert again.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    assert northwind.post("Same words").status_code == 201
    assert acme.reply(first, "Same words").status_code == 201  # another reply target
    assert acme.call("DELETE", f"/2/tweets/{first}").json() == {"data": {"deleted": True}}
    assert acme.post("Same words").status_code == 201
    server.settings(clock_offset_s=24 * 3600 + 60)
    assert acme.post("Same words").status_code == 201


def test_replies_need_a_summons_except_in_own_threads(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    root = acme.post("A thread").json()["data"]["id"]
    part = acme.reply(root, "goes on")
    assert part.status_code == 201
    refused = northwind.reply(root, "Nice")
    assert refused.status_code == 403
    assert "Reply to this conversation is not allowed" in detail(refused)
    asked = server.mention("northwind", text="hello there")
    answered = northwind.reply(asked["id"], "Hello back")
    assert answered.json()["data"]["text"] == f"@{asked['author_username']} Hello back"
    gone = acme.reply("1234567890123456789", "anyone?")
    assert gone.status_code == 403
    assert "deleted or not visible" in detail(gone)
    server.settings(reply_rule=False)
    assert northwind.reply(root, "Nice").status_code == 201


def test_a_quote_is_a_summons(server: SandboxProcess, acme: Caller, northwind: Caller) -> None:
    root = acme.post("Quote me").json()["data"]["id"]
    assert northwind.post("So true", quote_tweet_id=root).status_code == 403
    server.settings(allow_quotes=True)
    quote = northwind.post("So true", quote_tweet_id=root).json()["data"]["id"]
    assert acme.reply(quote, "Thanks").status_code == 201


def test_one_cashtag_at_most(acme: Caller) -> None:
    assert acme.post("Watching $ACME").status_code == 201
    assert acme.post("Watching $ACME and $NWND").status_code == 403


def test_delete_is_for_own_posts_and_the_gone_are_not_found(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    id_ = acme.post("Mine").json()["data"]["id"]
    assert northwind.call("DELETE", f"/2/tweets/{id_}").status_code == 403
    assert acme.call("DELETE", f"/2/tweets/{id_}").status_code == 200
    again = acme.call("DELETE", f"/2/tweets/{id_}")
    assert again.status_code == 404
    assert again.json()["type"].endswith("/resource-not-found")
    lookup = acme.get(f"/2/tweets/{id_}")
    assert lookup.status_code == 200
    assert set(lookup.json()) == {"errors"}
    assert len(server.ledger("delete_post")) == 1
    assert acme.call("DELETE", "/2/tweets/9999999999999999999").status_code == 404


def test_ids_are_unique_increasing_snowflakes(acme: Caller) -> None:
    ids = [int(acme.post(f"number {n}").json()["data"]["id"]) for n in range(20)]
    assert ids == sorted(set(ids))
    post = acme.get(f"/2/tweets/{ids[0]}", tweet__fields="created_at").json()["data"]
    millisecond = ((ids[0] >> 22) + 1288834974657) % 1000
    assert abs(int(post["created_at"][-4:-1]) - millisecond) in {0, 1, 2, 998, 999}


def test_polls_and_flags_are_kept(acme: Caller) -> None:
    poll = {"options": ["tea", "coffee"], "duration_minutes": 60}
    made = acme.post("Which?", poll=poll, made_with_ai=True, paid_partnership=True)
    id_ = made.json()["data"]["id"]
    answer = acme.get(
        f"/2/tweets/{id_}",
        tweet__fields="paid_partnership",
        expansions="attachments.poll_ids",
        poll__fields="duration_minutes",
    ).json()
    assert answer["data"]["paid_partnership"] is True
    [shown] = answer["includes"]["polls"]
    assert [option["label"] for option in shown["options"]] == ["tea", "coffee"]
    assert shown["duration_minutes"] == 60
