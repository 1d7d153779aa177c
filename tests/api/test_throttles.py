"""How often one may ask: who is let in, who is refused, and from where."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.api.throttling import AddressThrottle, PrincipalThrottle

pytestmark = pytest.mark.django_db
ACCOUNTS = "/api/accounts"


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"principal": "3/min", "address": "3/min"}
    for throttle in (AddressThrottle, PrincipalThrottle):
        monkeypatch.setattr(throttle, "THROTTLE_RATES", few)


def statuses(client: APIClient, times: int = 5, **extra: str) -> list[int]:
    return [client.get(ACCOUNTS, **extra).status_code for _ in range(times)]


def test_a_principal_is_told_when_to_come_back(agent) -> None:
    client = agent()
    assert statuses(client) == [200, 200, 200, 429, 429]
    refused = client.get(ACCOUNTS)
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_another_token_of_the_same_agent_has_no_allowance_of_its_own(agent) -> None:
    statuses(agent(name="a"), 3)
    assert statuses(agent(name="a"), 1) == [429]
    assert statuses(agent(name="b"), 1) == [200]


def test_guessing_keys_is_counted(accounts) -> None:
    assert statuses(APIClient(), HTTP_AUTHORIZATION="Token xm_a_b") == [401, 401, 401, 429, 429]


def test_asking_without_a_key_is_counted(accounts) -> None:
    assert statuses(APIClient()) == [401, 401, 401, 429, 429]


def test_asking_without_the_scope_is_counted(agent) -> None:
    assert statuses(agent(scopes=["posts:read"])) == [403, 403, 403, 429, 429]


def test_a_forwarded_address_is_not_believed(accounts) -> None:
    client = APIClient()
    for number in range(3):
        client.get(ACCOUNTS, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert statuses(client, 1, HTTP_X_FORWARDED_FOR="198.51.100.99") == [429]
    assert statuses(client, 1, REMOTE_ADDR="203.0.113.5") == [401]


def test_refused_strangers_leave_the_agent_its_allowance(agent) -> None:
    statuses(APIClient())
    assert statuses(agent(), 1) == [200]
