"""Reading posts: timelines, paging, bounds, lag, partial errors."""

from __future__ import annotations

from typing import Any

import pytest

from .client import Caller
from .process import SandboxProcess


def ids(answer: Any) -> list[str]:
    return [post["id"] for post in answer.json().get("data", [])]


def fill(caller: Caller, count: int) -> list[str]:
    """Post `count` numbered posts; ids oldest first."""
    return [caller.post(f"post number {n}").json()["data"]["id"] for n in range(count)]


def test_own_posts_come_newest_first_in_pages(acme: Caller) -> None:
    made = fill(acme, 12)
    path = f"/2/users/{acme.id}/tweets"
    first = acme.get(path, max_results=5)
    meta = first.json()["meta"]
    assert ids(first) == made[:6:-1]
    assert meta["newest_id"] == made[-1]
    assert meta["oldest_id"] == made[7]
    assert "previous_token" not in meta
    second = acme.get(path, max_results=5, pagination_token=meta["next_token"])
    assert ids(second) == made[6:1:-1]
    third = acme.get(
        path, max_results=5, pagination_token=second.json()["meta"]["next_token"]
    ).json()
    assert [post["id"] for post in third["data"]] == made[1::-1]
    assert "next_token" not in third["meta"]
    back = acme.get(path, max_results=5, pagination_token=third["meta"]["previous_token"])
    assert ids(back) == ids(second)


def test_since_until_and_times_bound_the_timeline(acme: Caller) -> None:
    made = fill(acme, 4)
    path = f"/2/users/{acme.id}/tweets"
    assert ids(acme.get(path, since_id=made[1])) == [made[3], made[2]]
    assert ids(acme.get(path, until_id=made[1])) == [made[0]]
    shown = acme.get(f"/2/tweets/{made[2]}", tweet__fields="created_at").json()
    at = shown["data"]["created_at"]
    assert set(ids(acme.get(path, start_time=at))) >= {made[3], made[2]}
    assert made[2] not in ids(acme.get(path, end_time=at))
    empty = acme.get(path, since_id=made[3]).json()
    assert empty == {"meta": {"result_count": 0}}


def test_exclude_leaves_out_replies_and_reposts(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    root = acme.post("root").json()["data"]["id"]
    acme.reply(root, "part two")
    other = northwind.post("theirs").json()["data"]["id"]
    acme.call("POST", f"/2/users/{acme.id}/retweets", json={"tweet_id": other})
    path = f"/2/users/{acme.id}/tweets"
    assert len(ids(acme.get(path))) == 3
    assert ids(acme.get(path, exclude="replies,retweets")) == [root]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_results", "4"),
        ("max_results", "101"),
        ("max_results", "many"),
        ("max_results", "²"),
        ("since_id", "abc"),
        ("start_time", "yesterday"),
        ("start_time", "2026-01-01T00:00:00"),
        ("pagination_token", "made-up"),
        ("exclude", "everything"),
        ("tweet.fields", "shoe_size"),
        ("expansions", "all"),
        ("colour", "blue"),
    ],
)
def test_a_wrong_parameter_is_named(acme: Caller, name: str, value: str) -> None:
    answer = acme.get(f"/2/users/{acme.id}/tweets", **{name: value})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert name in error["parameters"]


def test_a_new_post_can_lag_in_timelines(server: SandboxProcess, acme: Caller) -> None:
    server.settings(read_lag_ms=3_600_000)
    id_ = acme.post("not yet seen @northwind").json()["data"]["id"]
    assert ids(acme.get(f"/2/users/{acme.id}/tweets")) == []
    assert acme.get(f"/2/tweets/{id_}").json()["data"]["id"] == id_
    server.settings(clock_offset_s=3_601)
    assert ids(acme.get(f"/2/users/{acme.id}/tweets")) == [id_]


def test_mentions_bring_the_author_and_what_was_answered(
    server: SandboxProcess, acme: Caller
) -> None:
    own = acme.post("ask me anything").json()["data"]["id"]
    plain = server.mention("acme", **{"from": "tomwebb84", "text": "hi @acme"})
    reply = server.mention("acme", in_reply_to_post_id=own, text="why?")
    answer = acme.get(
        f"/2/users/{acme.id}/mentions",
        tweet__fields="conversation_id,created_at",
        expansions="author_id,in_reply_to_user_id,referenced_tweets.id",
    ).json()
    newest, oldest = answer["data"]
    assert (newest["id"], oldest["id"]) == (reply["id"], plain["id"])
    assert newest["conversation_id"] == own
    assert newest["in_reply_to_user_id"] == acme.id
    assert newest["referenced_tweets"] == [{"type": "replied_to", "id": own}]
    assert newest["text"].startswith("@acme ")
    assert {u["username"] for u in answer["includes"]["users"]} >= {"tomwebb84", "acme"}
    assert [post["id"] for post in answer["includes"]["tweets"]] == [own]
    acme.call("DELETE", f"/2/tweets/{own}")
    gone = acme.get(f"/2/users/{acme.id}/mentions", expansions="referenced_tweets.id").json()
    assert gone["errors"][0]["resource_id"] == own


def test_lookup_by_ids_is_partial(acme: Caller) -> None:
    made = fill(acme, 2)
    answer = acme.get("/2/tweets", ids=",".join([*made, "42", "9999999999999999999"]))
    assert answer.status_code == 200
    assert ids(answer) == made
    missing = [error["resource_id"] for error in answer.json()["errors"]]
    assert missing == ["42", "9999999999999999999"]
    assert acme.get("/2/tweets", ids="").status_code == 400


def test_metrics_count_replies_reposts_and_likes(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    server.settings(allow_likes=True)
    root = acme.post("count me").json()["data"]["id"]
    acme.reply(root, "one")
    for action in ("likes", "retweets"):
        northwind.call("POST", f"/2/users/{northwind.id}/{action}", json={"tweet_id": root})
    shown = acme.get(f"/2/tweets/{root}", tweet__fields="public_metrics").json()
    metrics = shown["data"]["public_metrics"]
    assert (metrics["reply_count"], metrics["retweet_count"], metrics["like_count"]) == (1, 1, 1)
