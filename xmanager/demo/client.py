"""What the demo talks with: the API as an agent does, and the sandbox's control face."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

TIMEOUT_S = 30


class StepFailedError(Exception):
    """A step of the demo was not seen to happen."""


class Api:
    """The console's HTTP API with a token."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Token {key}"

    def call(self, method: str, path: str, *, key: str = "", **rest: Any) -> requests.Response:
        """One request; an answer of 400 or above ends the demo with what it says."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.session.request(
            method, f"{self.base_url}/api/{path}", headers=headers, timeout=TIMEOUT_S, **rest
        )
        if answer.status_code >= 400:
            raise StepFailedError(
                f"{method} /api/{path} answered {answer.status_code}: {answer.text}"
            )
        return answer

    def get(self, path: str) -> Any:
        return self.call("GET", path).json()


class Sandbox:
    """The control face of the sandbox X server."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, name: str, body: Any = None) -> Any:
        answer = self.session.request(
            method, f"{self.base_url}/_sandbox/{name}", json=body, timeout=TIMEOUT_S
        )
        if answer.status_code >= 400:
            raise StepFailedError(f"The sandbox refused {name}: {answer.text}")
        return answer.json()

    def texts(self) -> list[str]:
        """The texts of all posts that X accepted, in order."""
        rows = self.call("GET", "ledger")
        return [row["payload"]["text"] for row in rows if row["operation"] == "create_post"]


def wait_for(look: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Look until it is there; the first thing found that is true."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise StepFailedError(f"{what} was not seen within {seconds:.0f} s")
        time.sleep(0.2)
