"""Keys of agents: what opens the door, and the exact reason where one does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.errors import InvalidError
from accounts.models import AgentToken, Event
from accounts.principals import SYSTEM
from accounts.scopes import PEOPLE_ONLY
from accounts.services.agents import create_agent_token, revoke_agent_token

pytestmark = pytest.mark.django_db
WHO = "/api/system/agent"


@pytest.fixture
def made(accounts) -> tuple[AgentToken, str]:
    return create_agent_token(actor=SYSTEM, name="bot", scopes=["posts:read"], slots=[1])


def ask(key: str, scheme: str = "Token", **extra: str):
    return APIClient().get(WHO, HTTP_AUTHORIZATION=f"{scheme} {key}", **extra)


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER"])
def test_a_key_signs_in(made, scheme: str) -> None:
    told = ask(made[1], scheme)
    assert told.status_code == 200
    assert told.json()["principal"] == {
        "kind": "agent",
        "name": "bot",
        "scopes": ["posts:read"],
        "account_slots": [1],
    }


def test_only_a_digest_is_kept(made) -> None:
    token, key = made
    secret = key.split("_", 2)[2]
    row = AgentToken.objects.filter(pk=token.pk).values().get()
    assert key.startswith(f"xm_{token.public_id}_")
    assert len(secret) == 43
    assert not any(secret in str(value) for value in row.values())
    assert not any(secret in str(event) for event in Event.objects.values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked_at": timezone.now()}, "token_revoked"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "token_expired"),
        ({"networks": ["192.0.2.0/24"]}, "network_not_allowed"),
        ({"pepper_id": "gone"}, "token_invalid"),
        ({"digest": "0" * 64}, "token_invalid"),
    ],
)
def test_why_a_key_is_refused(made, change, code: str) -> None:
    AgentToken.objects.update(**change)
    answer = ask(made[1])
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["WWW-Authenticate"] == "Token"


def test_an_agent_that_is_switched_off(made) -> None:
    made[0].agent.is_active = False
    made[0].agent.save()
    assert ask(made[1]).json()["code"] == "agent_inactive"


def test_the_reason_is_told_only_to_who_holds_the_key(made) -> None:
    token, key = made
    revoke_agent_token(token, actor=SYSTEM)
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert ask(wrong).json()["code"] == "token_invalid"
    assert ask(key).json()["code"] == "token_revoked"


def test_the_address_decides_not_what_the_caller_says_of_it(made) -> None:
    AgentToken.objects.update(networks=["192.0.2.0/24"])
    assert ask(made[1], REMOTE_ADDR="192.0.2.7").status_code == 200
    forged = ask(made[1], REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert forged.json()["code"] == "network_not_allowed"


def test_use_is_noted_once_a_minute(made, django_assert_num_queries) -> None:
    ask(made[1])
    first = AgentToken.objects.get().last_used_at
    assert first is not None
    ask(made[1])
    assert AgentToken.objects.get().last_used_at == first
    AgentToken.objects.update(last_used_at=first - timedelta(seconds=61))
    ask(made[1])
    assert AgentToken.objects.get().last_used_at >= first


def test_a_new_secret_key_keeps_old_tokens_and_moves_them(made, settings) -> None:
    before = AgentToken.objects.get().pepper_id
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert ask(made[1]).status_code == 200
    assert AgentToken.objects.get().pepper_id != before
    settings.SECRET_KEY_FALLBACKS = []
    assert ask(made[1]).status_code == 200


def test_without_the_old_secret_key_the_token_is_refused(made, settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, []
    assert ask(made[1]).json()["code"] == "token_invalid"


@pytest.mark.parametrize("scope", sorted(PEOPLE_ONLY))
def test_what_belongs_to_people_is_given_to_no_token(accounts, scope: str) -> None:
    with pytest.raises(InvalidError) as refused:
        create_agent_token(actor=SYSTEM, name="bot", scopes=["posts:read", scope])
    assert refused.value.fields[0]["code"] == "people_only"
    assert not AgentToken.objects.exists()


def test_a_scope_smuggled_into_the_row_gives_nothing(made) -> None:
    AgentToken.objects.update(scopes=["posts:read", "approvals:decide", "policy:write"])
    assert ask(made[1]).json()["principal"]["scopes"] == ["posts:read"]


def test_revoking_twice_is_one_event(made) -> None:
    token, _ = made
    assert revoke_agent_token(token, actor=SYSTEM)
    assert not revoke_agent_token(token, actor=SYSTEM)
    assert Event.objects.filter(name="agent_token.revoked").count() == 1
