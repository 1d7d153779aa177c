"""`connect_account` as people run it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Account
from accounts.services.credential_sources import NAMES, OAUTH1_NAMES
from accounts.services.credentials import client_for
from accounts.services.sandbox_accounts import connect_sandbox_accounts
from accounts.services.x_accounts import disconnect_account, mark_reconnect_needed
from tests.accounts.conftest import PERSON
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def run(*words: str) -> str:
    out = StringIO()
    call_command("connect_account", *words, stdout=out)
    return out.getvalue()


def values(found: dict[str, Any], kind: str = "oauth1") -> dict[str, str]:
    given = found[kind]
    if kind == "oauth1":
        return {f"X_{name.upper()}": given[name] for name in _OAUTH1}
    return {
        "X_CLIENT_ID": given["client_id"],
        "X_CLIENT_SECRET": given["client_secret"],
        "X_OAUTH2_ACCESS_TOKEN": given["access_token"],
        "X_OAUTH2_REFRESH_TOKEN": given["refresh_token"],
    }


_OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@pytest.mark.parametrize(("kind", "label"), [("oauth1", "OAuth 1.0a"), ("oauth2", "OAuth 2.0")])
def test_from_the_environment(
    x: SandboxProcess, monkeypatch: pytest.MonkeyPatch, kind: str, label: str
) -> None:
    for name, value in values(x.account("acme"), kind).items():
        monkeypatch.setenv(name, value)
    said = run("--slot", "3", "--from-env", "--timezone", "Europe/Lisbon", "--app", "Ours")
    assert said == f"Slot 3 is connected: @acme, {label}, Europe/Lisbon.\n"
    account = Account.objects.get(slot=3)
    assert account.app is not None
    assert account.app.name == "Ours"
    assert client_for(account).me().username == "acme"


def test_environment_values_may_be_in_files(
    x: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in values(x.account("acme")).items():
        (tmp_path / name).write_text(value + "\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    assert "@acme" in run("--slot", "1", "--from-env")


@pytest.mark.parametrize("form", ["lines", "json"])
def test_from_a_file(x: SandboxProcess, tmp_path: Path, form: str) -> None:
    given = values(x.account("acme"))
    lines = "\n".join(["# acme", "", *(f'export {n}="{v}"' for n, v in given.items())])
    path = tmp_path / "acme"
    path.write_text(lines if form == "lines" else json.dumps(given))
    assert "@acme" in run("--slot", "1", "--file", str(path))


def test_from_options(x: SandboxProcess) -> None:
    given = x.account("acme")["oauth1"]
    options = [f"--{name.replace('_', '-')}={given[name]}" for name in _OAUTH1]
    assert "@acme" in run("--slot", "1", *options)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "There are no credentials"),
        ({"X_CONSUMER_KEY": "k"}, "X_CONSUMER_SECRET, X_ACCESS_TOKEN, X_ACCESS_TOKEN_SECRET are"),
        (dict.fromkeys(OAUTH1_NAMES[:3], "k"), "X_ACCESS_TOKEN_SECRET is missing"),
        ({"X_CLIENT_ID": "c", "X_CLIENT_SECRET": "s"}, "X_OAUTH2_ACCESS_TOKEN is missing"),
        (dict.fromkeys(NAMES, "k"), "Give one set only"),
        (dict.fromkeys(OAUTH1_NAMES, "two words"), "contains a space"),
    ],
)
def test_incomplete_and_mixed_sets_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match=sentence):
        run("--slot", "1", "--from-env")
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "can't be read: No such file"),
        (b"X_CONSUMER_KEY\n", "line 1: write it as NAME=value"),
        (b"{nonsense", "is no JSON"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (b"#" * 70_000, "too large"),
    ],
)
def test_odd_files_are_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run("--slot", "1", "--file", str(path))


def test_two_sources_are_refused() -> None:
    with pytest.raises(CommandError, match="in one way"):
        run("--slot", "1", "--from-env", "--consumer-key", "k")
    with pytest.raises(CommandError, match="not allowed with"):
        run("--slot", "1", "--from-env", "--file", "x")


def test_a_bad_slot_or_zone_is_refused(x: SandboxProcess) -> None:
    with pytest.raises(CommandError, match="no time zone"):
        run("--slot", "1", "--timezone", "Mars/Olympus")
    with pytest.raises(CommandError, match="lends accounts 1 to"):
        run("--slot", "0")
    with pytest.raises(CommandError):
        run("--slot", "one")


def test_the_sandbox_lends_its_account_of_that_number(x: SandboxProcess) -> None:
    assert "@northwind" in run("--slot", "4")
    with pytest.raises(CommandError, match=r"lends accounts 1 to \d+, not 900"):
        run("--slot", "900")


def test_live_mode_lends_nothing(x: SandboxProcess, settings: Settings) -> None:
    settings.XM_MODE = "live"
    with pytest.raises(CommandError, match="There are no credentials"):
        run("--slot", "1")


def test_without_a_sandbox_the_command_says_what_to_start(settings: Settings) -> None:
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"Start it with \./xm up"):
        run("--slot", "1")


def test_boot_connects_what_is_not_connected_yet(x: SandboxProcess, settings: Settings) -> None:
    assert [a.username for a in connect_sandbox_accounts([1, 2])] == ["acme", "acme_help"]
    first = Account.objects.get(slot=1)
    mark_reconnect_needed(first, "for the test", PERSON)
    assert [a.slot for a in connect_sandbox_accounts([1, 2])] == [1]
    disconnect_account(first, PERSON)
    settings.X_API_BASE_URL = "http://127.0.0.1:9"  # nobody is called any more
    assert connect_sandbox_accounts([1, 2]) == []
