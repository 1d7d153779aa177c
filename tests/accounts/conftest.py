"""A sandbox X server for the tests of this folder, emptied before each, and accounts in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Account
from accounts.principals import Principal
from accounts.services.connect import connect_account
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials
from tests.sandbox.process import SandboxProcess

PERSON = Principal(kind="user", id="1", label="Ada")


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture
def x(_server: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox, which the settings of the test point to."""
    _server.reset()
    settings.X_API_BASE_URL = _server.url
    return _server


def oauth1(found: dict[str, Any]) -> OAuth1Credentials:
    return OAuth1Credentials(**found["oauth1"])


def oauth2(found: dict[str, Any], **changes: Any) -> OAuth2Credentials:
    names = ("client_id", "client_secret", "access_token", "refresh_token")
    return OAuth2Credentials(**({name: found["oauth2"][name] for name in names} | changes))


@pytest.fixture
def acme(x: SandboxProcess, db: None) -> Account:
    """@acme in slot 1 with OAuth 1.0a tokens."""
    return connect_account(slot=1, credentials=oauth1(x.account("acme")), actor=PERSON)


@pytest.fixture
def acme2(x: SandboxProcess, db: None) -> Account:
    """@acme in slot 1 with an OAuth 2.0 pair."""
    return connect_account(slot=1, credentials=oauth2(x.account("acme")), actor=PERSON)
