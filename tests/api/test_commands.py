"""create_agent_token, create_operator, readiness: for people and scripts."""

from __future__ import annotations

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import AgentToken, Event
from accounts.scopes import TOKEN_SCOPES


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.django_db
class TestCreateAgentToken:
    def make(self, *words: str) -> str:
        return run("create_agent_token", "--name", "bot", *words)

    def test_the_last_line_is_the_key(self, accounts) -> None:
        out = self.make("--scopes", "posts:read,accounts:read", "--accounts", "2")
        key = out.splitlines()[-1]
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        rows = client.get("/api/accounts").json()["results"]
        assert [row["account_slot"] for row in rows] == [2]
        event = Event.objects.get(name="agent_token.created")
        assert (event.actor_kind, event.data["slots"]) == ("command", [2])

    def test_without_accounts_every_one_is_allowed(self, accounts) -> None:
        self.make("--scopes", "posts:read")
        assert AgentToken.objects.get().all_accounts

    def test_networks(self, accounts) -> None:
        self.make("--scopes", "posts:read", "--networks", "192.0.2.0/24, 2001:db8::/32")
        assert AgentToken.objects.get().networks == ["192.0.2.0/24", "2001:db8::/32"]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--scopes", "posts:reed"], TOKEN_SCOPES[-1]),
            (["--scopes", "policy:write"], "belongs to people"),
            (["--scopes", ","], "at least one scope"),
            (["--scopes", "posts:read", "--accounts", "9"], "Slots in use: 1, 2"),
            (["--scopes", "posts:read", "--accounts", "one"], "slot numbers"),
            (["--scopes", "posts:read", "--accounts", ""], "slot numbers"),
            (["--scopes", "posts:read", "--accounts", ","], "slot numbers"),
            (["--scopes", "posts:read", "--accounts", "9" * 30], "no account in slot"),
            (["--scopes", "posts:read", "--networks", "here"], "192.0.2.0/24"),
            (["--scopes", "posts:read", "--expires-days", "0"], "1 to 365"),
            (["--scopes", "posts:read", "--expires-days", "366"], "1 to 365"),
        ],
    )
    def test_what_it_refuses(self, accounts, words: list[str], told: str) -> None:
        with pytest.raises(CommandError, match=told):
            self.make(*words)
        assert not AgentToken.objects.exists()


@pytest.mark.django_db
class TestCreateOperator:
    def make(self, monkeypatch, typed: str, role: str = "approver") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        words = ["--username", "ada", "--role", role, "--password-stdin"]
        return run("create_operator", *words)

    def test_one_line_is_the_password(self, monkeypatch) -> None:
        self.make(monkeypatch, "correct horse battery\nnot this\n")
        user = get_user_model().objects.get(username="ada")
        assert user.check_password("correct horse battery")
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert [group.name for group in user.groups.all()] == ["approver"]
        event = Event.objects.get(name="operator.created")
        assert event.data == {"username": "ada", "role": "approver"}

    @pytest.mark.parametrize("typed", ["", "\n", "short\n", "password\n", "1234567890\n"])
    def test_a_weak_password_is_refused(self, monkeypatch, typed: str) -> None:
        with pytest.raises(CommandError, match="password"):
            self.make(monkeypatch, typed)
        assert not get_user_model().objects.exists()

    def test_an_unknown_role_is_refused(self, monkeypatch) -> None:
        with pytest.raises(CommandError, match="viewer"):
            self.make(monkeypatch, "correct horse battery\n", role="boss")

    def test_a_name_that_is_taken(self, monkeypatch) -> None:
        self.make(monkeypatch, "correct horse battery\n")
        with pytest.raises(CommandError, match="ada"):
            self.make(monkeypatch, "another good one\n")
        assert get_user_model().objects.count() == 1


@pytest.mark.django_db
class TestReadiness:
    def test_it_says_what_to_do_and_fails(self, capsys) -> None:
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("readiness", stdout=out)
        assert ended.value.code == 1
        assert "NO  worker" in out.getvalue()
        assert "./xm up" in out.getvalue()

    def test_as_json(self) -> None:
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("readiness", "--json", stdout=out)
        told = json.loads(out.getvalue())
        assert told["ready"] is False
        assert [check["check"] for check in told["checks"]][:2] == ["database", "migrations"]
