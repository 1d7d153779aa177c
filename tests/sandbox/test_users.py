"""Users, usage, and both vocabularies."""

from __future__ import annotations

from .client import Caller
from .process import SandboxProcess


def test_me_shows_what_is_asked_for(acme: Caller) -> None:
    plain = acme.get("/2/users/me").json()["data"]
    assert plain == {"id": acme.id, "name": "Acme Tools", "username": "acme"}
    acme.post("counted")
    full = acme.get("/2/users/me", user__fields="public_metrics,protected,created_at").json()
    assert full["data"]["public_metrics"]["tweet_count"] == 1
    assert full["data"]["protected"] is False
    assert acme.get("/2/users/me", user__fields="password").status_code == 400


def test_users_are_found_by_id_and_name(acme: Caller, northwind: Caller) -> None:
    assert acme.get(f"/2/users/{northwind.id}").json()["data"]["username"] == "northwind"
    assert acme.get("/2/users/by/username/NorthWind").json()["data"]["id"] == northwind.id
    many = acme.get("/2/users", ids=f"{acme.id},42").json()
    assert [user["username"] for user in many["data"]] == ["acme"]
    assert many["errors"][0]["resource_id"] == "42"
    named = acme.get("/2/users/by", usernames="acme,nobody_here").json()
    assert len(named["data"]) == 1
    assert named["errors"][0]["value"] == "nobody_here"
    unknown = acme.get("/2/users/42")
    assert unknown.status_code == 200
    assert set(unknown.json()) == {"errors"}
    assert acme.get("/2/users").status_code == 400


def test_receives_your_dm_follows_the_persons_choice(server: SandboxProcess, acme: Caller) -> None:
    path = "/2/users/by/username/closed_casper"
    closed = acme.get(path, user__fields="receives_your_dm").json()["data"]
    assert closed["receives_your_dm"] is False
    server.dm("acme", **{"from": "closed_casper"})
    opened = acme.get(path, user__fields="receives_your_dm").json()["data"]
    assert opened["receives_your_dm"] is True


def test_usage_counts_posts_read_as_strings(server: SandboxProcess, acme: Caller) -> None:
    app = Caller(server, bearer=acme.account["app_bearer_token"])
    id_ = acme.post("read me").json()["data"]["id"]
    before = int(app.get("/2/usage/tweets").json()["data"]["project_usage"])
    acme.get(f"/2/tweets/{id_}")
    acme.get(f"/2/users/{acme.id}/tweets")
    data = app.get("/2/usage/tweets", usage__fields="daily_project_usage", days=1).json()["data"]
    assert int(data["project_usage"]) == before + 2
    assert data["daily_project_usage"]["usage"][-1]["usage"] == data["project_usage"]
    assert app.get("/2/usage/tweets", days=91).status_code == 400


def test_answers_come_in_the_vocabulary_that_is_set(server: SandboxProcess, acme: Caller) -> None:
    root = acme.post("root").json()["data"]["id"]
    server.settings(vocabulary="spec")
    made = acme.reply(root, "leaf").json()["data"]
    assert made["edit_history_post_ids"] == [made["id"]]
    shown = acme.get(
        f"/2/tweets/{made['id']}", post__fields="public_metrics", expansions="referenced_posts"
    ).json()
    assert "repost_count" in shown["data"]["public_metrics"]
    assert shown["data"]["referenced_posts"] == [{"type": "replied_to", "id": root}]
    assert [post["id"] for post in shown["includes"]["posts"]] == [root]
    server.settings(vocabulary="classic")
    shown = acme.get(
        f"/2/tweets/{made['id']}", post__fields="public_metrics", expansions="referenced_posts"
    ).json()
    assert "retweet_count" in shown["data"]["public_metrics"]
    assert [post["id"] for post in shown["includes"]["tweets"]] == [root]


def test_a_strict_server_refuses_the_other_vocabulary(server: SandboxProcess, acme: Caller) -> None:
    server.settings(vocabulary="spec", strict_vocabulary=True)
    path = f"/2/users/{acme.id}/tweets"
    refused = acme.get(path, tweet__fields="created_at")
    assert refused.status_code == 400
    assert "tweet.fields" in refused.json()["errors"][0]["parameters"]
    assert acme.get(path, post__fields="created_at").status_code == 200
