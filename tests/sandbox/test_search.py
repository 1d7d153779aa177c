"""Recent search and counts."""

from __future__ import annotations

import pytest

from .client import Caller
from .process import SandboxProcess


def texts(caller: Caller, query: str) -> set[str]:
    answer = caller.get("/2/tweets/search/recent", query=query)
    assert answer.status_code == 200, answer.text
    return {post["text"] for post in answer.json().get("data", [])}


@pytest.fixture
def filled(acme: Caller, northwind: Caller) -> Caller:
    root = acme.post("Fresh coffee this morning").json()["data"]["id"]
    acme.post("Morning tea, no milk #Breakfast")
    acme.post("Café opens late $ACME")
    acme.reply(root, "Coffee again")
    northwind.post("Hello @acme, coffee this evening?")
    northwind.post("東京 コーヒー")
    return acme


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("morning", {"Fresh coffee this morning", "Morning tea, no milk #Breakfast"}),
        ('"this morning"', {"Fresh coffee this morning"}),
        ("coffee -from:northwind -is:reply", {"Fresh coffee this morning"}),
        (
            "tea OR evening",
            {"Morning tea, no milk #Breakfast", "Hello @acme, coffee this evening?"},
        ),
        ("coffee (evening OR again)", {"Coffee again", "Hello @acme, coffee this evening?"}),
        ("#breakfast", {"Morning tea, no milk #Breakfast"}),
        ("@acme", {"Hello @acme, coffee this evening?"}),
        ("$acme", {"Café opens late $ACME"}),
        ("cafe", {"Café opens late $ACME"}),
        ("to:acme", {"Coffee again"}),
        ("from:northwind lang:ja", {"東京 コーヒー"}),
        ("coffee is:reply", {"Coffee again"}),
        ("coff", set()),
    ],
)
def test_operators(filled: Caller, query: str, expected: set[str]) -> None:
    assert texts(filled, query) == expected


def test_a_conversation_is_found_by_its_id(acme: Caller, northwind: Caller) -> None:
    root = acme.post("root").json()["data"]["id"]
    acme.reply(root, "leaf")
    northwind.post("elsewhere")
    assert texts(northwind, f"conversation_id:{root}") == {"root", "leaf"}


@pytest.mark.parametrize(
    "query", ["", "-spam", "lang:en", "(coffee", "coffee )", "shoe:42", "x" * 513]
)
def test_a_wrong_query_is_refused(acme: Caller, query: str) -> None:
    answer = acme.get("/2/tweets/search/recent", query=query)
    assert answer.status_code == 400
    assert "query" in answer.json()["errors"][0]["parameters"]


def test_search_pages_and_forgets_after_a_week(server: SandboxProcess, acme: Caller) -> None:
    for n in range(12):
        acme.post(f"needle {n}")
    first = acme.get("/2/tweets/search/recent", query="needle", max_results=10).json()
    assert len(first["data"]) == 10
    token = first["meta"]["next_token"]
    rest = acme.get("/2/tweets/search/recent", query="needle", next_token=token).json()
    assert [post["text"] for post in rest["data"]] == ["needle 1", "needle 0"]
    assert "next_token" not in rest["meta"]
    server.settings(clock_offset_s=8 * 86_400)
    assert texts(acme, "needle") == set()


def test_reposts_are_not_found(acme: Caller, northwind: Caller) -> None:
    id_ = acme.post("original words").json()["data"]["id"]
    northwind.call("POST", f"/2/users/{northwind.id}/retweets", json={"tweet_id": id_})
    assert texts(acme, "original") == {"original words"}


def test_counts_need_an_app_or_oauth2_token(acme: Caller, server: SandboxProcess) -> None:
    acme.post("needle one")
    acme.post("needle two")
    app = Caller(server, bearer=acme.account["app_bearer_token"])
    answer = app.get("/2/tweets/counts/recent", query="needle", granularity="day").json()
    assert answer["meta"]["total_tweet_count"] == 2
    assert sum(bucket["tweet_count"] for bucket in answer["data"]) == 2
    assert acme.get("/2/tweets/counts/recent", query="needle").status_code == 403
    assert app.get("/2/tweets/counts/recent", query="x", granularity="year").status_code == 400
