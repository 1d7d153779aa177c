"""/api/scheduler/posts and threads, as an agent meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from execution.models import Action
from publishing.models import Post

pytestmark = pytest.mark.django_db
POSTS = "/api/scheduler/posts"


def fields(answer) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def test_a_post_is_scheduled_and_read_back(agent, post_body) -> None:
    client = agent()
    answer = client.post(POSTS, post_body("Hello world", labels=["launch"]))
    assert answer.status_code == 201, answer.content
    post = client.get(f"{POSTS}/{answer.json()['id']}").json()
    assert (post["status"], post["text"], post["labels"]) == (
        "scheduled",
        "Hello world",
        ["launch"],
    )
    assert post["parts"][0]["state"] == "scheduled"
    assert post["scheduled_time"].endswith("Z")
    assert post["cost_usd"] == "0.015"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"scheduled_time": "2030-01-01T10:00:00"}, 400, "naive_time"),
        ({"scheduled_time": "soon"}, 422, "validation"),
        ({"scheduled_time": "2001-01-01T10:00:00Z"}, 422, "validation"),
        ({"scheduled_time": None}, 422, "validation"),
        ({"text": ""}, 422, "validation"),
        ({"text": "x" * 281}, 422, "validation"),
        ({"text": "nul \x00 inside"}, 422, "validation"),
        ({"text": 7}, 422, "validation"),
        ({"txet": "typo"}, 422, "validation"),
        ({"reply_to_post_id": 12345678901234567890}, 422, "validation"),
        ({"reply_to_post_id": "12a"}, 422, "validation"),
        ({"account_slot": 99}, 404, "account_missing"),
        ({"account_slot": 2**70}, 422, "validation"),
        ({"account_slot": "one"}, 422, "validation"),
        ({"poll": {"options": ["a"], "duration_minutes": 5}}, 422, "validation"),
        ({"media": [{"id": 404}]}, 422, "validation"),
        ({"text": "$AAA and $BBB"}, 422, "validation"),
        ({"labels": "launch"}, 422, "validation"),
        ({"status": "published"}, 422, "validation"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(agent, post_body, change, status, code) -> None:
    answer = agent().post(POSTS, {**post_body(), **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Post.objects.exists()
    assert not Action.objects.exists()


def test_the_account_is_never_guessed(agent, post_body) -> None:
    body = post_body()
    del body["account_slot"]
    answer = agent().post(POSTS, body)
    assert fields(answer) == {("account_slot", "required")}


def test_the_same_words_again_are_the_post_that_is_there(agent, post_body) -> None:
    client = agent()
    first = client.post(POSTS, post_body("Same  words https://Example.com/a?utm_source=x"))
    again = client.post(POSTS, post_body("same words https://example.com/a"))
    assert (again.status_code, again.json()["skipped"]) == (200, True)
    assert again.json()["id"] == first.json()["id"]
    forced = client.post(POSTS, post_body("same words https://example.com/a", dedupe=False))
    assert forced.status_code == 201
    other_account = client.post(
        POSTS, post_body("same words https://example.com/a", account_slot=2)
    )
    assert other_account.status_code == 201


def test_cancelled_words_may_be_written_again(agent, post_body) -> None:
    client = agent()
    first = client.post(POSTS, post_body("Again")).json()
    assert client.delete(f"{POSTS}/{first['id']}").json()["status"] == "cancelled"
    assert client.post(POSTS, post_body("Again")).status_code == 201


def test_edit_needs_the_current_revision(agent, post_body) -> None:
    client = agent()
    post = client.post(POSTS, post_body("Draft one", status="draft")).json()
    at = (timezone.now() + timedelta(days=1)).isoformat()
    edited = client.patch(
        f"{POSTS}/{post['id']}",
        {"text": "Two", "scheduled_time": at, "status": "scheduled", "revision": 1},
    )
    assert (edited.status_code, edited.json()["status"]) == (200, "scheduled"), edited.content
    stale = client.patch(f"{POSTS}/{post['id']}", {"text": "Three", "revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "revision_conflict")
    assert Post.objects.get().parts.get().text == "Two"


def test_dry_run_shows_the_payloads_and_changes_nothing(agent, post_body) -> None:
    body = post_body(dry_run=True)
    del body["text"]
    body["parts"] = [{"text": "One"}, {"text": "Two https://example.com"}]
    answer = agent().post("/api/scheduler/thread", body)
    assert answer.status_code == 200, answer.content
    first, second = answer.json()["payloads"]
    assert first == {"text": "One"}
    assert second["reply"]["in_reply_to_tweet_id"] == "<id of part 1>"
    assert answer.json()["cost_usd"] == "0.215"
    assert not Post.objects.exists()


def test_a_thread_is_a_thread_and_no_post(agent, post_body) -> None:
    client = agent()
    body = post_body()
    del body["text"]
    body["parts"] = [{"text": "One"}, {"text": "Two"}]
    made = client.post("/api/scheduler/thread", body).json()
    assert [part["text"] for part in made["parts"]] == ["One", "Two"]
    assert client.get(f"/api/scheduler/threads/{made['id']}").status_code == 200
    assert client.get(f"{POSTS}/{made['id']}").status_code == 404
    assert [p["id"] for p in client.get("/api/scheduler/threads").json()["results"]] == [made["id"]]
    assert client.get(POSTS).json()["results"] == []


def test_a_thread_names_the_part_that_is_wrong(agent, post_body) -> None:
    body = post_body()
    del body["text"]
    body["parts"] = [{"text": "One"}, {"text": "y" * 300}]
    assert fields(agent().post("/api/scheduler/thread", body)) == {("parts.1.text", "too_long")}


def test_other_accounts_posts_do_not_exist_for_a_token(agent, post_body) -> None:
    made = agent(name="a").post(POSTS, post_body()).json()
    other = agent(name="b", slots=[2])
    assert other.get(f"{POSTS}/{made['id']}").status_code == 404
    assert other.delete(f"{POSTS}/{made['id']}").status_code == 404
    refused = other.post(POSTS, post_body("mine?"))
    assert (refused.status_code, refused.json()["code"]) == (403, "account_not_allowed")


def test_retry_wants_a_failed_or_missed_post(agent, post_body) -> None:
    client = agent()
    made = client.post(POSTS, post_body()).json()
    refused = client.post(f"{POSTS}/{made['id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    many = client.post(f"{POSTS}/retry", {"ids": [int(made["id"]), 404]}).json()["results"]
    assert [result["ok"] for result in many] == [False, False]


def test_publish_now_is_refused_under_a_pause(agent, post_body) -> None:
    client = agent()
    made = client.post(POSTS, post_body()).json()
    client.post("/api/agent/pause", {"scope": "all", "reason": "test"})
    refused = client.post(f"{POSTS}/{made['id']}/publish-now")
    assert (refused.status_code, refused.json()["code"]) == (423, "paused")
    assert client.post(POSTS, post_body("Planning goes on")).status_code == 201
    client.post("/api/agent/resume", {"scope": "all", "backlog": "release"})
    assert client.post(f"{POSTS}/{made['id']}/publish-now").status_code == 202


def test_lists_page_by_keyset_with_a_constant_number_of_queries(
    agent, post_body, django_assert_max_num_queries
) -> None:
    client = agent()
    bulk = [post_body(f"Post {number}") for number in range(30)]
    assert client.post(f"{POSTS}/bulk", {"posts": bulk}).status_code == 201
    with django_assert_max_num_queries(9):
        page = client.get(POSTS, {"limit": 20}).json()
    texts = [post["text"] for post in page["results"]]
    following = client.get(page["next"]).json()
    texts += [post["text"] for post in following["results"]]
    assert texts == [f"Post {number}" for number in reversed(range(30))]
    assert following["next"] is None
    back = client.get(following["previous"]).json()
    assert back["results"] == page["results"]
    mixed = client.get(page["next"].replace("limit=20", "limit=20&status=failed"))
    assert (mixed.status_code, mixed.json()["code"]) == (400, "cursor_mismatch")
    assert client.get(POSTS, {"cursor": "nonsense"}).json()["code"] == "cursor_invalid"


def test_bulk_is_all_or_nothing(agent, post_body) -> None:
    answer = agent().post(f"{POSTS}/bulk", {"posts": [post_body("Fine"), post_body("z" * 300)]})
    assert fields(answer) == {("posts.1.text", "too_long")}
    assert not Post.objects.exists()


def test_the_timeline_tells_who_did_what(agent, post_body) -> None:
    client = agent()
    made = client.post(POSTS, post_body()).json()
    client.delete(f"{POSTS}/{made['id']}")
    told = client.get(made["attempts_url"]).json()
    assert [event["event"] for event in told["events"]] == [
        "post.created",
        "action.scheduled",
        "action.cancelled",
    ]
    assert {event["actor"] for event in told["events"]} == {"bot"}
