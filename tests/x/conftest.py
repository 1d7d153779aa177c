"""What the tests of the X client share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from accounts.x.client import XClient
from accounts.x.credentials import AppBearer, OAuth1Credentials, OAuth2Credentials
from accounts.x.types import CallRecord

BASE = "https://api.x.example"
ME = "100"


@pytest.fixture
def oauth1() -> OAuth1Credentials:
    return OAuth1Credentials("ckey-aaa", "csecret-bbb", "token-ccc", "tsecret-ddd")


@pytest.fixture
def oauth2() -> OAuth2Credentials:
    return OAuth2Credentials("cid-eee", "csecret2-fff", "access-ggg", "refresh-hhh")


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(oauth2: OAuth2Credentials, records: list[CallRecord]) -> XClient:
    return XClient(oauth2, base_url=BASE, user_id=ME, on_call=records.append, read_backoff=0.001)


@pytest.fixture
def app_client(records: list[CallRecord]) -> XClient:
    return XClient(AppBearer("app-token-iii"), base_url=BASE, on_call=records.append)


@pytest.fixture(scope="session")
def openapi() -> dict[str, Any]:
    """X's own description of its API, where it is at hand (it may not be passed on)."""
    default = Path(__file__).parents[2].parent / "shared" / "x-api" / "openapi.json"
    path = Path(os.environ.get("XM_X_OPENAPI") or default)
    if not path.is_file():
        pytest.skip(f"NOT CHECKED against X's OpenAPI document: there is none at {path}")
    document: dict[str, Any] = json.loads(path.read_text())
    return document
