"""The sandbox's connectable accounts with their credentials, asked of its control face."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from accounts.x.credentials import OAuth1Credentials

TIMEOUT_S = 10


class NoSandboxError(Exception):
    """No sandbox X server answers at that address as it should; the text says what came instead."""


@dataclass(frozen=True)
class SandboxAccount:
    """One of the accounts, `index` 1..N, with its OAuth 1.0a tokens and its app's name."""

    index: int
    username: str
    app: str
    credentials: OAuth1Credentials


def sandbox_accounts(base_url: str) -> list[SandboxAccount]:
    """The accounts that the sandbox at `base_url` lends, by index. Raises NoSandboxError."""
    url = f"{base_url.rstrip('/')}/_sandbox/accounts"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise NoSandboxError(f"{url} does not answer ({type(error).__name__})") from None
    if answer.status_code != 200:
        raise NoSandboxError(f"{url} answered {answer.status_code}")
    try:
        return [
            SandboxAccount(
                index=int(found["index"]),
                username=str(found["username"]),
                app=str(found["app"]),
                credentials=OAuth1Credentials(
                    consumer_key=str(found["oauth1"]["consumer_key"]),
                    consumer_secret=str(found["oauth1"]["consumer_secret"]),
                    access_token=str(found["oauth1"]["access_token"]),
                    access_token_secret=str(found["oauth1"]["access_token_secret"]),
                ),
            )
            for found in answer.json()
        ]
    except (KeyError, TypeError, ValueError):
        raise NoSandboxError(f"{url} answered something else than a list of accounts") from None
