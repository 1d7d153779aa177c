"""Likes, reposts, hidden replies."""

from __future__ import annotations

import pytest

from .client import Caller
from .process import SandboxProcess


def test_likes_are_off_as_on_self_serve(server: SandboxProcess, acme: Caller) -> None:
    id_ = acme.post("like me").json()["data"]["id"]
    path = f"/2/users/{acme.id}/likes"
    refused = acme.call("POST", path, json={"tweet_id": id_})
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/client-forbidden")
    assert server.ledger("like") == []
    server.settings(allow_likes=True)
    assert acme.call("POST", path, json={"tweet_id": id_}).json() == {"data": {"liked": True}}
    assert acme.call("DELETE", f"{path}/{id_}").json() == {"data": {"liked": False}}
    assert [entry["operation"] for entry in server.ledger()][-2:] == ["like", "unlike"]


def test_a_repost_sets_a_state(server: SandboxProcess, acme: Caller, northwind: Caller) -> None:
    id_ = acme.post("spread me").json()["data"]["id"]
    path = f"/2/users/{northwind.id}/retweets"
    for _ in range(2):
        answer = northwind.call("POST", path, json={"tweet_id": id_})
        assert answer.json() == {"data": {"retweeted": True, "rest_id": id_}}
    own = northwind.get(f"/2/users/{northwind.id}/tweets", expansions="referenced_tweets.id").json()
    [post] = own["data"]
    assert post["text"].startswith("RT @acme: ")
    assert post["referenced_tweets"] == [{"type": "retweeted", "id": id_}]
    undone = northwind.call("DELETE", f"{path}/{id_}")
    assert undone.json() == {"data": {"retweeted": False}}
    assert "data" not in northwind.get(f"/2/users/{northwind.id}/tweets").json()
    operations = [entry["operation"] for entry in server.ledger(account="northwind")]
    assert operations == ["repost", "repost", "unrepost"]


def test_the_path_must_name_the_caller(acme: Caller, northwind: Caller) -> None:
    id_ = acme.post("mine").json()["data"]["id"]
    answer = acme.call("POST", f"/2/users/{northwind.id}/retweets", json={"tweet_id": id_})
    assert answer.status_code == 403
    gone = acme.call("POST", f"/2/users/{acme.id}/retweets", json={"tweet_id": "42"})
    assert gone.status_code == 404
    extra = {"tweet_id": id_, "why": "x"}
    assert acme.call("POST", f"/2/users/{acme.id}/retweets", json=extra).status_code == 400


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 5000, b"null", b""])
def test_a_body_that_is_no_json_object_is_refused(acme: Caller, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for method, path in (("PUT", "/2/tweets/42/hidden"), ("POST", "/2/tweets")):
        answer = acme.call(method, path, data=raw, headers=headers)
        assert answer.status_code == 400


def test_only_replies_in_own_conversations_can_be_hidden(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    root = acme.post("talk to me").json()["data"]["id"]
    reply = server.mention("acme", in_reply_to_post_id=root)["id"]
    hide = f"/2/tweets/{reply}/hidden"
    assert northwind.call("PUT", hide, json={"hidden": True}).status_code == 403
    assert acme.call("PUT", f"/2/tweets/{root}/hidden", json={"hidden": True}).status_code == 403
    assert acme.call("PUT", hide, json={"hidden": True}).json() == {"data": {"hidden": True}}
    assert acme.call("PUT", hide, json={"hidden": False}).json() == {"data": {"hidden": False}}
    assert acme.call("PUT", hide, json={"hidden": "yes"}).status_code == 400
    operations = [entry["operation"] for entry in server.ledger()]
    assert operations[-2:] == ["hide", "unhide"]
