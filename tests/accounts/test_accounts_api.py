"""GET /api/accounts: health and capabilities, for those who may see the account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, AccountSecret, AppSecret
from accounts.services.agents import create_agent_token
from accounts.services.connect import connect_account
from accounts.services.x_accounts import mark_reconnect_needed
from tests.accounts.conftest import PERSON, oauth1, oauth2
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(x: SandboxProcess) -> list[Account]:
    return [
        connect_account(slot=1, credentials=oauth2(x.account("acme")), actor=PERSON),
        connect_account(slot=2, credentials=oauth1(x.account("northwind")), actor=PERSON),
    ]


def get(path: str, *, scopes: tuple[str, ...] = ("accounts:read",), slots: Any = None) -> Any:
    _, key = create_agent_token(actor=PERSON, name="Bot", scopes=scopes, slots=slots)
    return Client().get(f"/api/accounts{path}", headers={"Authorization": f"Token {key}"})


def test_the_list_shows_each_account_and_no_secret(both: list[Account]) -> None:
    answer = get("")
    assert answer.status_code == 200
    found = answer.json()["results"]
    assert [(a["account_slot"], a["username"]) for a in found] == [(1, "acme"), (2, "northwind")]
    assert found[0]["health"] == {
        "status": "connected",
        "ok": True,
        "reason": "",
        "next_step": "",
    }
    for secret in [*AccountSecret.objects.all(), *AppSecret.objects.all()]:
        for name, value in vars(secret).items():
            if isinstance(value, str) and len(value) > 8:
                assert value not in answer.content.decode(), name


def test_a_token_sees_its_own_accounts_only(both: list[Account]) -> None:
    assert [a["account_slot"] for a in get("", slots=[2]).json()["results"]] == [2]
    assert get("/1", slots=[2]).json()["code"] == "account_not_allowed"
    assert get("/1/capabilities", slots=[2]).status_code == 403
    assert get("/2", slots=[2]).json()["username"] == "northwind"


def test_one_account(both: list[Account]) -> None:
    mark_reconnect_needed(both[0], "X refuses the tokens.", PERSON)
    found = get("/1").json()
    assert found["health"]["status"] == "reconnect_needed"
    assert found["health"]["reason"] == "X refuses the tokens."
    assert "connect_account --slot 1" in found["health"]["next_step"]
    assert (found["timezone"], found["auth_kind"]) == ("UTC", "oauth2")
    assert found["app"] == both[0].app.name  # type: ignore[union-attr]


def test_capabilities(both: list[Account]) -> None:
    found = get("/2/capabilities").json()
    by_name = {one["name"]: one for one in found["capabilities"]}
    assert by_name["post"]["allowed"] is True
    assert by_name["reply"]["allowed"] == "when_summoned"
    assert by_name["like"]["allowed"] is False
    assert by_name["long_post"]["allowed"] is None
    assert json.dumps(by_name["like"]["reason"])


def test_a_lost_encryption_key_is_shown_not_raised(both: list[Account], settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    answer = get("")
    assert answer.status_code == 200
    assert {a["health"]["status"] for a in answer.json()["results"]} == {"unreadable"}


@pytest.mark.parametrize("slot", ["0", "77", "99999999999999999999999"])
def test_a_slot_without_an_account_is_not_found(both: list[Account], slot: str) -> None:
    for path in (f"/{slot}", f"/{slot}/capabilities"):
        answer = get(path)
        assert answer.status_code == 404


def test_the_scope_is_needed(both: list[Account]) -> None:
    for path in ("", "/1", "/1/capabilities"):
        assert get(path, scopes=("posts:read",)).status_code == 403
        assert Client().get(f"/api/accounts{path}").status_code == 401
