"""A signed caller for one sandbox account."""

from __future__ import annotations

from typing import Any

import requests
from requests_oauthlib import OAuth1

from .process import SandboxProcess


class Caller:
    """Calls X as one account, by OAuth 1.0a or (`bearer`) an OAuth 2.0 or app token."""

    def __init__(self, server: SandboxProcess, username: str = "acme", bearer: str = "") -> None:
        self.url = server.url
        self.account = server.account(username)
        self.id = self.account["id"]
        self.session = requests.Session()
        if bearer:
            self.session.headers["Authorization"] = f"Bearer {bearer}"
        else:
            keys = self.account["oauth1"]
            self.session.auth = OAuth1(
                keys["consumer_key"],
                keys["consumer_secret"],
                keys["access_token"],
                keys["access_token_secret"],
            )

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, **{"timeout": 10} | options)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params={k.replace("__", "."): v for k, v in params.items()})

    def post(self, text: str | None = None, **fields: Any) -> requests.Response:
        """Create a post."""
        body = fields if text is None else {"text": text, **fields}
        return self.call("POST", "/2/tweets", json=body)

    def reply(self, to: str, text: str) -> requests.Response:
        return self.post(text, reply={"in_reply_to_tweet_id": to})
