"""Idempotency where something goes wrong on the way."""

from __future__ import annotations

import uuid

import pytest
from django.db import OperationalError

from execution.models import IdempotencyKey
from publishing.api import posts
from publishing.models import Post

pytestmark = pytest.mark.django_db
POSTS = "/api/scheduler/posts"
KEY = {"Idempotency-Key": "k"}


def test_a_token_that_lost_the_account_gets_no_replay(agent, post_body) -> None:
    body = post_body("For slot one only")
    assert agent(name="a", slots=[1]).post(POSTS, body, headers=KEY).status_code == 201
    answer = agent(name="a", slots=[2]).post(POSTS, body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_not_allowed")
    assert "For slot one only" not in answer.content.decode()


def test_nor_one_that_lost_it_and_names_only_the_object(agent, post_body) -> None:
    made = agent(name="a").post(POSTS, post_body()).json()
    path = f"{POSTS}/{made['id']}"
    assert agent(name="a", slots=[1]).delete(path, headers=KEY).status_code == 200
    answer = agent(name="a", slots=[2]).delete(path, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_not_allowed")


def test_a_token_that_lost_the_scope_gets_no_replay(agent, post_body) -> None:
    body = post_body()
    agent(name="a").post(POSTS, body, headers=KEY)
    answer = agent(name="a", scopes=["posts:read"]).post(POSTS, body, headers=KEY)
    assert answer.json()["code"] == "scope_missing"


def test_the_first_refusal_says_that_it_is_the_first(agent, post_body) -> None:
    client, body = agent(), post_body(account_slot=9)
    first = client.post(POSTS, body, headers=KEY)
    again = client.post(POSTS, body, headers=KEY)
    assert (first["Idempotent-Replayed"], first.json()["skipped"]) == ("false", False)
    assert (again["Idempotent-Replayed"], again.json()["skipped"]) == ("true", True)
    assert {**first.json(), "skipped": True} == again.json()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("secret inside"), 500, "internal_error"),
        (OperationalError("database is locked"), 503, "database_busy"),
    ],
)
def test_a_failure_of_ours_is_not_kept(
    agent, post_body, monkeypatch, error: Exception, status: int, code: str
) -> None:
    def fail(**_: object) -> None:
        Post.objects.update(labels=["half done"])
        raise error

    client, body = agent(), post_body()
    other = client.post(POSTS, post_body("Other")).json()["id"]
    with monkeypatch.context() as broken:
        broken.setattr(posts, "write_post", fail)
        client.raise_request_exception = False
        answer = client.post(POSTS, body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret inside" not in answer.content.decode()
    assert Post.objects.get(pk=other).labels == []
    assert not IdempotencyKey.objects.exists()
    again = client.post(POSTS, body, headers=KEY)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "false")


def test_without_a_key_a_failure_leaves_nothing_half_done(agent, post_body, monkeypatch) -> None:
    client = agent()
    client.post(POSTS, post_body("Other"))

    def fail(**_: object) -> None:
        Post.objects.update(labels=["half done"])
        raise RuntimeError

    monkeypatch.setattr(posts, "write_post", fail)
    client.raise_request_exception = False
    assert client.post(POSTS, post_body()).status_code == 500
    assert Post.objects.get().labels == []


def test_who_lost_the_claim_commits_nothing(agent, post_body, monkeypatch) -> None:
    really = posts.write_post

    def slow(**arguments: object):
        written = really(**arguments)
        # The lease ran out, and another process took the key over.
        IdempotencyKey.objects.update(token=uuid.uuid4())
        return written

    monkeypatch.setattr(posts, "write_post", slow)
    answer = agent().post(POSTS, post_body(), headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "1"
    assert not Post.objects.exists()


def test_the_same_key_on_another_route_or_method_is_another_key(agent, post_body) -> None:
    client = agent()
    made = client.post(POSTS, post_body(), headers=KEY).json()
    path = f"{POSTS}/{made['id']}"
    for answer in (
        client.patch(path, {"labels": ["a"]}, headers=KEY),
        client.delete(path, headers=KEY),
    ):
        assert (answer.status_code, answer["Idempotent-Replayed"]) == (200, "false")


def test_the_same_key_on_another_object_is_refused(agent, post_body) -> None:
    client = agent()
    one = client.post(POSTS, post_body("One")).json()["id"]
    two = client.post(POSTS, post_body("Two")).json()["id"]
    client.delete(f"{POSTS}/{one}", headers=KEY)
    answer = client.delete(f"{POSTS}/{two}", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reuse")
    assert Post.objects.get(pk=two).status == "scheduled"


def test_the_order_of_members_makes_no_difference(agent, post_body) -> None:
    client, body = agent(), post_body()
    client.post(POSTS, body, headers=KEY)
    turned = dict(reversed(body.items()))
    assert client.post(POSTS, turned, headers=KEY)["Idempotent-Replayed"] == "true"


def test_nothing_before_the_claim_is_stored(agent, post_body) -> None:
    client = agent()
    assert client.post(POSTS, post_body(text=7), headers=KEY).status_code == 422
    assert not IdempotencyKey.objects.exists()
    assert client.post(POSTS, post_body(), headers=KEY).status_code == 201
