"""Pages by cursor: complete, without repeats, and only for the list they came from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api.pagination import KeysetPagination
from accounts.errors import MalformedError
from accounts.models import Event
from publishing.models import Post

pytestmark = pytest.mark.django_db
POSTS = "/api/scheduler/posts"


@pytest.fixture
def seven(accounts) -> list[str]:
    """Seven posts; their ids, newest first."""
    made = [
        Post.objects.create(account=accounts[0], created_by="x", created_by_key="x")
        for _ in range(7)
    ]
    return [str(post.pk) for post in reversed(made)]


def here(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["results"]]


def test_there_and_back_again(agent, seven) -> None:
    client = agent()
    pages = [client.get(POSTS, {"limit": 3}).json()]
    while pages[-1]["next"]:
        pages.append(client.get(here(pages[-1]["next"])).json())
    assert [ids(page) for page in pages] == [seven[:3], seven[3:6], seven[6:]]
    assert pages[0]["previous"] is None
    back = client.get(here(pages[2]["previous"])).json()
    assert ids(back) == seven[3:6]
    first = client.get(here(back["previous"])).json()
    assert (ids(first), first["previous"]) == (seven[:3], None)
    assert ids(client.get(here(first["next"])).json()) == seven[3:6]


def test_a_new_row_shifts_nothing(agent, seven, accounts) -> None:
    client = agent()
    page = client.get(POSTS, {"limit": 3}).json()
    Post.objects.create(account=accounts[0], created_by="x", created_by_key="x")
    Post.objects.filter(pk=seven[2]).delete()
    assert ids(client.get(here(page["next"])).json()) == seven[3:6]


def test_the_other_way_round(agent, seven) -> None:
    page = agent().get(POSTS, {"limit": 3, "ordering": "id"}).json()
    assert ids(page) == seven[::-1][:3]


@pytest.mark.parametrize("change", [{"ordering": "id"}, {"status": "draft"}, {"account_slot": 1}])
def test_a_cursor_belongs_to_its_list(agent, seven, change: dict[str, Any]) -> None:
    client = agent()
    cursor = client.get(POSTS, {"limit": 3}).json()["next"].split("cursor=")[1].split("&")[0]
    from urllib.parse import unquote

    answer = client.get(POSTS, {"limit": 3, "cursor": unquote(cursor), **change})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_mismatch")
    elsewhere = client.get("/api/scheduler/threads", {"cursor": unquote(cursor)})
    assert elsewhere.json()["code"] == "cursor_mismatch"


def test_a_forged_cursor_is_refused(agent, seven) -> None:
    client = agent()
    link = here(client.get(POSTS, {"limit": 3}).json()["next"])
    answer = client.get(link.replace("cursor=", "cursor=A"))
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_a_page_costs_the_same_wherever_it_is(
    agent, accounts, seven, django_assert_max_num_queries
) -> None:
    client = agent()
    client.get(POSTS, {"limit": 1})  # notes the use of the token
    page = client.get(POSTS, {"limit": 2}).json()
    with django_assert_max_num_queries(12) as first:
        client.get(POSTS, {"limit": 2})
    with django_assert_max_num_queries(12) as later:
        client.get(here(page["next"]))
    assert len(first) == len(later)
    with django_assert_max_num_queries(12) as many:
        client.get(POSTS, {"limit": 7})
    assert len(many) == len(first)
    assert "OFFSET" not in " ".join(query["sql"] for query in later.captured_queries)


class _ByTime:
    orderings = {"at": ("at",)}


def _page(query: str) -> tuple[list[str], dict[str, Any]]:
    pages = KeysetPagination()
    request = Request(APIRequestFactory().get(f"/api/x?{query}"))
    rows = pages.paginate_queryset(Event.objects.all(), request, _ByTime())  # type: ignore[arg-type]
    return [row.object_id for row in rows], pages.get_paginated_response([]).data


@pytest.mark.parametrize("ordering", ["at", "-at"])
def test_equal_times_are_told_apart_by_the_id(db, ordering: str) -> None:
    now = timezone.now()
    Event.objects.all().delete()
    for number, minutes in enumerate([0, 0, 0, 1, 1]):
        Event.objects.create(
            name="x", object_type="x", object_id=str(number), at=now + timedelta(minutes=minutes)
        )
    seen, page = _page(f"limit=2&ordering={ordering}")
    while page["next"]:
        rows, page = _page(urlsplit(page["next"]).query)
        seen += rows
    expected = ["0", "1", "2", "3", "4"]
    assert seen == (expected if ordering == "at" else expected[::-1])


def test_an_ordering_that_is_not_named_is_refused(db) -> None:
    with pytest.raises(MalformedError, match="at"):
        _page("ordering=name")
