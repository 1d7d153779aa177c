"""The three kinds of credentials X takes. None of them shows its secrets when printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class OAuth1Credentials:
    """OAuth 1.0a user context: the app's key pair and the account's token pair. No expiry."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown, the identifiers among them."""
        return (
            self.consumer_key,
            self.consumer_secret,
            self.access_token,
            self.access_token_secret,
        )


@dataclass(frozen=True)
class OAuth2Credentials:
    """OAuth 2.0 user context. A public client has no ``client_secret``.

    ``refresh_token`` is there only when ``offline.access`` was granted; ``expires_at`` is UTC
    (access tokens live two hours, X API docs: OAuth 2.0 user access token).
    """

    client_id: str = field(repr=False)
    client_secret: str | None = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""
        values = (self.client_id, self.client_secret, self.access_token, self.refresh_token)
        return tuple(value for value in values if value)


@dataclass(frozen=True)
class AppBearer:
    """App-only bearer token: public reads, counts and usage; never a write."""

    token: str = field(repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""
        return (self.token,)


Credentials = OAuth1Credentials | OAuth2Credentials | AppBearer
