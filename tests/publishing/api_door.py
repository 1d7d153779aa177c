"""The API as an agent meets it."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.principals import SYSTEM
from accounts.services.agents import create_agent_token


class Door:
    """Requests with one token. `upload` sends a form with a file."""

    def __init__(self, *scopes: str, slots: list[int] | None = None, name: str = "bot") -> None:
        _, key = create_agent_token(actor=SYSTEM, name=name, scopes=scopes, slots=slots)
        self._client = Client(headers={"Authorization": f"Token {key}"})

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, query)

    def upload(self, path: str, data: bytes, *, name: str = "file", key: str = "", **form: Any):
        headers = {"Idempotency-Key": key} if key else {}
        file = SimpleUploadedFile("file", data)
        file._name = name  # as it was sent: the setter would clean it
        return self._client.post(path, {"file": file, **form}, headers=headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self._client.generic(
            method, path, "" if body is None else json.dumps(body), content_type="application/json"
        )
