"""Every form in which X says no, and what the client makes of it."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from accounts.x import errors
from accounts.x.client import XClient
from accounts.x.types import CallRecord
from tests.x.conftest import BASE, ME

POSTS = f"{BASE}/2/tweets"
PROBLEM = "https://api.x.com/2/problems/"
OLD_PROBLEM = "https://api.twitter.com/2/problems/"


def problem(status: int, detail: str, kind: str = "about:blank", **more: Any) -> dict[str, Any]:
    return {"type": kind, "title": "T", "detail": detail, "status": status, **more}


REJECTIONS: list[tuple[int, Any, type[errors.Rejected], str]] = [
    # (a) problem objects, by type (either host) or by sentence
    (
        403,
        problem(403, "You are not allowed to create a Tweet with duplicate content."),
        errors.DuplicateContent,
        "duplicate_content",
    ),
    (
        403,
        problem(
            403, "Reply to this conversation is not allowed because you have not been mentioned"
        ),
        errors.Forbidden,
        "reply_not_allowed",
    ),
    (
        403,
        problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you."),
        errors.Forbidden,
        "reply_target_gone",
    ),
    (
        403,
        problem(
            403,
            "Your client app is not configured with the appropriate oauth1 app permissions.",
            f"{OLD_PROBLEM}oauth1-permissions",
        ),
        errors.Forbidden,
        "read_only_app",
    ),
    (403, problem(403, "User account is suspended"), errors.Forbidden, "account_suspended"),
    (403, problem(403, "Missing scope: tweet.write"), errors.Forbidden, "missing_scope"),
    (403, problem(403, "No.", f"{PROBLEM}client-forbidden"), errors.Forbidden, "not_in_plan"),
    (403, problem(403, "Something new"), errors.Forbidden, "forbidden"),
    (404, problem(404, "Gone", f"{PROBLEM}resource-not-found"), errors.NotFound, "not_found"),
    (401, problem(401, "Unauthorized"), errors.Unauthorized, "unauthorized"),
    (402, problem(402, "Out of credits"), errors.PaymentRequired, "payment_required"),
    (
        429,
        problem(429, "Usage cap exceeded", f"{PROBLEM}usage-capped"),
        errors.RateLimited,
        "usage_capped",
    ),
    (
        429,
        {"title": "UsageCapExceeded", "detail": "Monthly product cap"},
        errors.RateLimited,
        "usage_capped",
    ),
    (429, {"title": "Too Many Requests", "status": 429}, errors.RateLimited, "rate_limited"),
    # (b) validation
    (
        400,
        {
            "errors": [{"message": "text is odd", "parameters": {"text": ["x"]}}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{PROBLEM}invalid-request",
        },
        errors.InvalidRequest,
        "invalid_request",
    ),
    (400, problem(400, "Your Tweet text is too long."), errors.InvalidRequest, "too_long"),
    (403, problem(403, "Your Tweet text is too long."), errors.InvalidRequest, "too_long"),
    (422, {}, errors.InvalidRequest, "invalid_request"),
    (409, {}, errors.Rejected, "conflict"),
    (413, {}, errors.InvalidRequest, "too_large"),
    (418, {}, errors.Rejected, "rejected"),
    # (c) legacy numbers
    (429, {"errors": [{"code": 88, "message": "Slow down"}]}, errors.RateLimited, "rate_limited"),
    (
        403,
        {"errors": [{"code": 187, "message": "Status is a duplicate."}]},
        errors.DuplicateContent,
        "duplicate_content",
    ),
    (403, {"errors": [{"code": 261, "message": "No."}]}, errors.Forbidden, "read_only_app"),
    (403, {"errors": [{"code": 453, "message": "No."}]}, errors.Forbidden, "not_in_plan"),
    (401, {"errors": [{"code": 32, "message": "No."}]}, errors.Unauthorized, "unauthorized"),
    # (f) nothing, HTML, or JSON of any other shape
    (403, "<html>denied</html>", errors.Forbidden, "forbidden"),
    (401, "", errors.Unauthorized, "unauthorized"),
    (400, [1], errors.InvalidRequest, "invalid_request"),
    (400, {"errors": {"a": 1}, "detail": ["x"]}, errors.InvalidRequest, "invalid_request"),
    (400, {"errors": ["x", None]}, errors.InvalidRequest, "invalid_request"),
]


@responses.activate
@pytest.mark.parametrize(("status", "body", "kind", "code"), REJECTIONS)
def test_a_refusal_has_its_class_and_code(
    client: XClient,
    records: list[CallRecord],
    status: int,
    body: Any,
    kind: type[errors.Rejected],
    code: str,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    responses.post(POSTS, body=text, status=status, content_type="application/problem+json")
    with pytest.raises(kind) as caught:
        client.create_post("hi")
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.status, error.operation) == (code, status, "create_post")
    assert error.raw == text
    if isinstance(body, dict) and isinstance(body.get("detail"), str):
        assert body["detail"] in error.detail
    assert len(responses.calls) == 1
    assert [(r.error_code, r.cost_usd, r.status) for r in records] == [(code, 0, status)]


@responses.activate
def test_the_named_parameters_are_handed_up(client: XClient) -> None:
    entry = {"message": "bad [max_results]", "parameters": {"max_results": ["3"]}}
    responses.get(f"{BASE}/2/dm_events", json={"errors": [entry], "title": "x"}, status=400)
    with pytest.raises(errors.InvalidRequest) as caught:
        client.dm_events(max_results=3)
    assert caught.value.parameters == ("max_results",)
    assert caught.value.detail == "bad [max_results]"


@responses.activate
def test_a_refused_dm_without_a_known_sentence_is_about_the_receiver(client: XClient) -> None:
    responses.post(
        f"{BASE}/2/dm_conversations/with/7/messages",
        json=problem(403, "You cannot message the recipient."),
        status=403,
    )
    with pytest.raises(errors.Forbidden) as caught:
        client.send_dm("hi", participant_id="7")
    assert caught.value.code == "dm_not_allowed"


def stamp(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@responses.activate
@pytest.mark.parametrize(
    ("headers", "reset_at"),
    [
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1900000000"}, 1900000000),
        ({"x-rate-limit-reset": "1900000000"}, 1900000000),
        ({"x-rate-limit-remaining": "5", "x-rate-limit-reset": "1900000000"}, None),
        (
            {
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": "1900000000",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": "1900050000",
                "x-app-limit-24hour-remaining": "9",
                "x-app-limit-24hour-reset": "1900080000",
            },
            1900050000,
        ),
        (
            {
                "x-rate-limit-remaining": "5",
                "x-rate-limit-reset": "1900000000",
                "x-app-limit-24hour-remaining": "0",
                "x-app-limit-24hour-reset": "1900080000",
            },
            1900080000,
        ),
        ({}, None),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "soon"}, None),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "9" * 18}, None),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "9" * 400}, None),
    ],
)
def test_a_429_waits_for_the_last_window_that_is_used_up(
    client: XClient, headers: dict[str, str], reset_at: int | None
) -> None:
    responses.post(POSTS, json={"title": "Too Many Requests"}, status=429, headers=headers)
    with pytest.raises(errors.RateLimited) as caught:
        client.create_post("hi")
    assert caught.value.reset_at == (stamp(reset_at) if reset_at else None)
    assert not caught.value.cap


@responses.activate
def test_limits_and_request_id_come_with_every_answer(
    client: XClient, records: list[CallRecord]
) -> None:
    headers = {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": "1900000000",
        "x-transaction-id": "abc123",
    }
    responses.post(POSTS, json={"data": {"id": "1", "text": "hi"}}, status=201, headers=headers)
    responses.post(POSTS, json={"title": "x"}, status=403, headers=headers)
    client.create_post("hi")
    with pytest.raises(errors.Forbidden) as caught:
        client.create_post("hi")
    for limits in (records[0].rate_limit, caught.value.limits):
        assert limits is not None
        assert (limits.limit, limits.remaining) == (100, 99)
        assert limits.reset_at == stamp(1900000000)
        assert limits.wait_until() is None
    assert caught.value.request_id == records[0].request_id == "abc123"
    assert client.last_call == records[-1]


@responses.activate
def test_partial_errors_stand_beside_the_data(client: XClient) -> None:
    missing = {
        "type": f"{OLD_PROBLEM}resource-not-found",
        "title": "Not Found Error",
        "detail": "Could not find tweet with ids: [2].",
        "resource_id": "2",
        "parameter": "ids",
    }
    responses.get(POSTS, json={"data": [{"id": "1", "text": "a"}], "errors": [missing]})
    page = client.get_posts(["1", "2"])
    assert [post.id for post in page.items] == ["1"]
    assert [(e.kind, e.resource_id) for e in page.errors] == [("resource-not-found", "2")]


@responses.activate
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("resource-not-found", errors.NotFound), ("not-authorized-for-resource", errors.Forbidden)],
)
def test_a_lookup_with_errors_only_found_nothing(
    client: XClient, kind: str, expected: type[errors.XError]
) -> None:
    entry = {"type": f"{PROBLEM}{kind}", "title": "No", "detail": "No post 1."}
    responses.get(f"{POSTS}/1", json={"errors": [entry]})
    with pytest.raises(expected) as caught:
        client.get_post("1")
    assert (caught.value.status, caught.value.detail) == (200, "No post 1.")


@responses.activate
@pytest.mark.parametrize("body", ["{}", "[]", "<html>", '{"data": 3}', '{"data": [{"text": ""}]}'])
def test_a_read_that_makes_no_sense_is_not_an_empty_page(client: XClient, body: str) -> None:
    responses.get(f"{BASE}/2/users/{ME}/tweets", body=body)
    with pytest.raises(errors.Unknown) as caught:
        client.own_posts()
    assert caught.value.code == "bad_answer"


def test_ids_that_are_none_never_reach_x(client: XClient) -> None:
    for wrong in ("..", "1/2", "abc", "", "1" * 20, "1?x=1", "１"):
        with pytest.raises(errors.InvalidRequest):
            client.delete_post(wrong)
    with pytest.raises(errors.InvalidRequest):
        client.get_user_by_username("../me")


def test_an_error_survives_a_process_boundary() -> None:
    error = errors.RateLimited("x", "rate_limited", reset_at=stamp(5), status=429, detail="slow")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is errors.RateLimited
    assert (again.reset_at, str(again), again.args) == (stamp(5), str(error), error.args)


def test_words_are_cut() -> None:
    error = errors.Unknown("x", "bad_answer", detail="d" * 900, raw="r" * 9000)
    assert (len(error.detail), len(error.raw)) == (500, 2000)
