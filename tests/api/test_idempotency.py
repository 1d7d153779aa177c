"""The same request again: the first answer, one effect."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.principals import SYSTEM
from accounts.services.agents import create_agent_token
from execution.housekeeping import forget_old_keys
from execution.models import IdempotencyKey
from publishing.models import Post

POSTS = "/api/scheduler/posts"


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_a_replay_gives_the_first_answer(self, agent, post_body) -> None:
        client, body = agent(), post_body()
        first = client.post(POSTS, body, headers={"Idempotency-Key": '"k1"'})
        again = client.post(POSTS, body, headers={"Idempotency-Key": "k1"})
        assert (first["Idempotent-Replayed"], again["Idempotent-Replayed"]) == ("false", "true")
        assert (again.status_code, again.json()) == (201, {**first.json(), "skipped": True})
        assert Post.objects.count() == 1

    def test_another_body_is_refused(self, agent, post_body) -> None:
        client = agent()
        client.post(POSTS, post_body("One"), headers={"Idempotency-Key": "k"})
        answer = client.post(POSTS, post_body("Two"), headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reuse")

    @pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ümlaut"])
    def test_a_bad_key_is_refused(self, agent, post_body, key: str) -> None:
        answer = agent().post(POSTS, post_body(), HTTP_IDEMPOTENCY_KEY=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
        assert not Post.objects.exists()

    def test_keys_belong_to_the_agent_not_the_token(self, agent, post_body) -> None:
        body = post_body()
        one = agent(name="a").post(POSTS, body, headers={"Idempotency-Key": "k"})
        rotated = agent(name="a").post(POSTS, body, headers={"Idempotency-Key": "k"})
        other = agent(name="b").post(
            POSTS, {**body, "text": "Other"}, headers={"Idempotency-Key": "k"}
        )
        assert rotated["Idempotent-Replayed"] == "true"
        assert other["Idempotent-Replayed"] == "false"
        assert one.json()["id"] != other.json()["id"]

    def test_a_refusal_that_can_pass_later_is_not_kept(self, agent, post_body) -> None:
        client = agent()
        made = client.post(POSTS, post_body()).json()
        client.post("/api/agent/pause", {"scope": "all", "reason": "x"})
        path, key = f"{POSTS}/{made['id']}/publish-now", {"Idempotency-Key": "now"}
        assert client.post(path, headers=key).status_code == 423
        client.post("/api/agent/resume", {"scope": "all", "backlog": "release"})
        assert client.post(path, headers=key).status_code == 202

    def test_a_final_refusal_is_kept(self, agent, post_body) -> None:
        client, body = agent(), post_body(account_slot=9)
        key = {"Idempotency-Key": "gone"}
        assert client.post(POSTS, body, headers=key).status_code == 404
        again = client.post(POSTS, body, headers=key)
        assert (again.status_code, again["Idempotent-Replayed"]) == (404, "true")

    def test_a_dry_run_takes_no_key(self, agent, post_body) -> None:
        client, body = agent(), post_body()
        key = {"Idempotency-Key": "k"}
        assert client.post(POSTS, {**body, "dry_run": True}, headers=key).status_code == 200
        assert client.post(POSTS, body, headers=key).status_code == 201

    def test_an_expired_claim_is_taken_over_only_with_the_same_request(
        self, agent, post_body
    ) -> None:
        client, body = agent(), post_body()
        client.post(POSTS, body, headers={"Idempotency-Key": "k"})
        Post.objects.all().delete()  # as if the process had died before its one commit
        IdempotencyKey.objects.update(
            status_code=None, body=None, lease_until=timezone.now() - timedelta(seconds=1)
        )
        other = client.post(POSTS, {**body, "text": "No"}, headers={"Idempotency-Key": "k"})
        assert other.json()["code"] == "idempotency_key_reuse"
        taken = client.post(POSTS, body, headers={"Idempotency-Key": "k"})
        assert (taken.status_code, taken["Idempotent-Replayed"]) == (201, "false")

    def test_a_running_claim_answers_409(self, agent, post_body) -> None:
        client, body = agent(), post_body()
        client.post(POSTS, body, headers={"Idempotency-Key": "k"})
        IdempotencyKey.objects.update(
            status_code=None, body=None, lease_until=timezone.now() + timedelta(seconds=30)
        )
        answer = client.post(POSTS, body, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer["Retry-After"]) == (409, "1")

    def test_old_keys_are_forgotten(self, agent, post_body, settings) -> None:
        agent().post(POSTS, post_body(), headers={"Idempotency-Key": "k"})
        assert forget_old_keys() == 0
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=49))
        assert forget_old_keys() == 1


@pytest.mark.django_db(transaction=True)
def test_200_at_once_with_one_key_have_one_effect(accounts, post_body) -> None:
    _, key = create_agent_token(actor=SYSTEM, name="crowd", scopes=["posts:write", "posts:read"])
    body = post_body("Only once")
    statuses: list[int] = []
    barrier = threading.Barrier(20)

    def ask() -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        barrier.wait()
        for _ in range(10):
            answer = client.post(POSTS, body, headers={"Idempotency-Key": "same"})
            statuses.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 200
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert Post.objects.count() == 1
