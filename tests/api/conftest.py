from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.principals import SYSTEM
from accounts.scopes import TOKEN_SCOPES
from accounts.services.agents import create_agent_token
from accounts.states import AccountStatus


@pytest.fixture
def accounts(db: None) -> list[Account]:
    """Two connected accounts, slots 1 and 2."""
    return [
        Account.objects.create(
            slot=slot, x_user_id=str(slot), username=f"acme{slot}", status=AccountStatus.CONNECTED
        )
        for slot in (1, 2)
    ]


MakeAgent = Callable[..., APIClient]


@pytest.fixture
def agent(accounts: list[Account]) -> MakeAgent:
    """`agent(scopes=…, slots=…)`: a client that signs in with a fresh token."""

    def make(
        *, name: str = "bot", scopes: Any = TOKEN_SCOPES, slots: list[int] | None = None
    ) -> APIClient:
        _, key = create_agent_token(actor=SYSTEM, name=name, scopes=scopes, slots=slots)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return client

    return make


@pytest.fixture
def post_body() -> Callable[..., dict[str, Any]]:
    def make(text: str = "Hello", **fields: Any) -> dict[str, Any]:
        at = (timezone.now() + timedelta(hours=1)).isoformat()
        return {"account_slot": 1, "text": text, "scheduled_time": at, **fields}

    return make
