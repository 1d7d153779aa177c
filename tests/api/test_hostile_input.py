"""Whatever a client sends, the answer is a problem document and never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.test_routes import MUTATING, ROUTES

pytestmark = pytest.mark.django_db
POSTS = "/api/scheduler/posts"
HOSTILE: list[Any] = [
    None,
    "",
    "nul \0 inside",
    "\ud800",
    "x" * 30_000,
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    True,
    -1,
    2**70,
    1e308,
    [],
    [[]],
    [None],
    {},
    {"\ud800": {"untrusted": ["\0"]}},
]


def _inputs() -> Iterator[tuple[str, str, str]]:
    """(method, path, field) for every field of every JSON input."""
    for method, path, view in ROUTES:
        serializer = getattr(getattr(view, method.lower()), "input_serializer", None)
        if method in MUTATING and serializer is not None:
            for name in serializer().fields:
                yield method, path, name


@pytest.mark.parametrize(("method", "path", "name"), sorted(set(_inputs())))
def test_no_value_of_a_field_is_an_error_of_ours(agent, post_body, method, path, name) -> None:
    client = agent()
    for value in HOSTILE:
        body = json.dumps({**post_body(), name: value}, allow_nan=True)
        alone = json.dumps({name: value}, allow_nan=True)
        for sent in (body, alone):
            answer = client.generic(method, path, sent, content_type="application/json")
            assert answer.status_code < 500, (value, answer.content)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed"),
        ("[" * 100_000, 400, "malformed"),
        ('{"a":' * 100_000, 400, "malformed"),
        ('{"account_slot": ' + "1" * 5000 + "}", 400, "malformed"),
        ('{"account_slot": NaN}', 400, "malformed"),
        (b'{"text": "\xff"}', 400, "malformed"),
        ("[1]", 422, "validation"),
        ("null", 422, "validation"),
        ('{"\\ud800": 1}', 422, "validation"),
        ('{"status": "\\ud800"}', 422, "validation"),
        ('{"text": "\\u0000"}', 422, "validation"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bodies(agent, body, status: int, code: str) -> None:
    answer = agent().generic("POST", POSTS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_character_that_cannot_be_kept_is_named_by_its_path(agent, post_body) -> None:
    body = post_body(parts=[{"text": "fine"}, {"text": "bad \0"}])
    errors = agent().post("/api/scheduler/thread", body).json()["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [
        ("parts.1.text", "invalid_character")
    ]


def test_a_body_that_is_too_large(agent, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = agent().post(POSTS, {"text": "x" * 2000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "limit_invalid"),
        ("limit=201", 400, "limit_invalid"),
        ("limit=-1", 400, "limit_invalid"),
        ("limit=%C2%B2", 400, "limit_invalid"),
        ("limit=" + "9" * 5000, 400, "limit_invalid"),
        ("ordering=password", 400, "ordering_invalid"),
        ("cursor=x", 400, "cursor_invalid"),
        ("cursor=%00", 400, "cursor_invalid"),
        ("scheduled_after=2026-01-01T00:00:00", 400, "naive_time"),
        ("scheduled_before=soon", 422, "validation"),
        ("scheduled_after=9999-12-31T23:59:59-14:00", 422, "validation"),
        ("scheduled_after=0001-01-01T00:00:00%2B14:00", 422, "validation"),
        ("account_slot=NaN", 422, "validation"),
        ("account_slot=%00", 422, "validation"),
        ("status=%00", 422, "validation"),
        ("account_slot=99999999999999999999", 200, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_queries(agent, query: str, status: int, code: str | None) -> None:
    answer = agent().get(f"{POSTS}?{query}")
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.content


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "%00", "-1", "1e3"])
@pytest.mark.parametrize("path", [POSTS, "/api/accounts", "/api/media", "/api/scheduler/imports"])
def test_ids_that_are_none(agent, path: str, number: str) -> None:
    answer = agent().get(f"{path}/{number}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("PUT", {}, 405, "method_not_allowed"),
        ("TRACE", {}, 405, "method_not_allowed"),
        ("GET", {"Accept": "text/html"}, 406, "not_acceptable"),
        ("POST", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
def test_what_http_itself_refuses(agent, method, headers, status: int, code: str) -> None:
    content_type = headers.pop("Content-Type", "application/json")
    answer = agent().generic(method, POSTS, "{}", content_type=content_type, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_options_tells_what_a_route_takes(agent) -> None:
    assert agent().options("/api/agent/pause")["Allow"] == "POST, OPTIONS"
