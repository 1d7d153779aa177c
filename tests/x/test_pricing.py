"""What a call is estimated to cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
import requests
import responses

from accounts.x import pricing
from accounts.x.client import XClient
from accounts.x.credentials import OAuth2Credentials
from accounts.x.errors import XError
from accounts.x.types import CallRecord
from tests.x.conftest import BASE, ME

POSTS = f"{BASE}/2/tweets"
OWN = f"{BASE}/2/users/{ME}/tweets"
THREE = {"data": [{"id": str(n), "text": ""} for n in range(1, 4)], "meta": {}}


@pytest.mark.parametrize(
    ("text", "summoned", "price"),
    [
        ("hello", False, "0.015"),
        ("see https://a.com", False, "0.200"),
        ("see a.com", False, "0.200"),
        ("hello", True, "0.010"),
        ("see a.com", True, "0.200"),
    ],
)
def test_a_link_makes_a_post_dear(text: str, summoned: bool, price: str) -> None:
    assert pricing.post_price(text, summoned_reply=summoned) == Decimal(price)


@responses.activate
def test_reads_cost_per_object(client: XClient, records: list[CallRecord]) -> None:
    responses.get(OWN, json=THREE)
    client.own_posts()
    responses.get(OWN, json={"meta": {"result_count": 0}})
    client.own_posts()
    assert [record.cost_usd for record in records] == [Decimal("0.015"), 0]


@responses.activate
def test_own_reads_of_the_owner_of_the_app_are_cheaper(records: list[CallRecord]) -> None:
    client = XClient(
        OAuth2Credentials("c", None, "t"),
        base_url=BASE,
        user_id=ME,
        on_call=records.append,
        owned_reads=True,
    )
    responses.get(OWN, json=THREE)
    responses.get(POSTS, json=THREE)
    client.own_posts()
    client.get_posts(["1", "2", "3"])
    assert [record.cost_usd for record in records] == [Decimal("0.003"), Decimal("0.015")]


@responses.activate
def test_a_create_costs_unless_x_said_no(client: XClient, records: list[CallRecord]) -> None:
    responses.post(POSTS, json={"data": {"id": "1", "text": ""}}, status=201)
    responses.post(POSTS, status=403)
    responses.post(POSTS, status=503)
    responses.post(POSTS, body=requests.ConnectTimeout())
    responses.post(POSTS, body=requests.ReadTimeout())
    responses.post(POSTS, body="<html>", status=200)
    client.create_post("hi")
    for _ in range(5):
        with pytest.raises(XError):
            client.create_post("hi")
    full = Decimal("0.015")
    assert [record.cost_usd for record in records] == [full, 0, 0, 0, full, full]


@responses.activate
def test_a_record_names_the_template_not_the_address(
    client: XClient, records: list[CallRecord]
) -> None:
    responses.delete(f"{POSTS}/55", json={"data": {"deleted": True}})
    assert client.delete_post("55") is True
    (record,) = records
    assert (record.operation, record.method, record.path_template, record.status) == (
        "delete_post",
        "DELETE",
        "/2/tweets/{id}",
        200,
    )
    assert record.started_at.tzinfo is not None
    assert record.cost_usd == Decimal("0.005")
