"""What each type of action sends. The apps that own the content register a handler here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from execution.models import Action


@dataclass(frozen=True)
class MediaNeed:
    """A file that X must have before the action can leave."""

    sha256: str
    path: Path
    mime_type: str
    alt_text: str


@dataclass(frozen=True)
class EffectRequest:
    """Exactly what will be sent: `body` is X's own JSON, without the ids of `media` yet."""

    operation: str
    body: dict[str, Any]
    media: tuple[MediaNeed, ...] = ()


class RefusedByContentError(Exception):
    """The content can't be sent as it is; the action fails with this code and sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Handler(Protocol):
    """The owner of one type of action."""

    operations: tuple[str, ...]

    def request(self, action: Action) -> EffectRequest:
        """Build the request from the content as it is now; called inside the claim."""
        ...

    def project(self, actions: Sequence[Action]) -> None:
        """Show the actions' states on the objects that people see. Must be repeatable."""
        ...


def capability_needed(action: Action, body: dict[str, Any]) -> str:
    """Which of the account's capabilities a create-post body needs.

    A later part of a thread answers the account itself, which needs no leave to reply.
    """
    if body.get("reply") and not action.depends_on_id:
        return "reply"
    return "quote" if body.get("quote_tweet_id") else "post"


_handlers: dict[str, Handler] = {}


def register(action_type: str, handler: Handler) -> None:
    _handlers[action_type] = handler


def handler_of(action_type: str) -> Handler:
    return _handlers[action_type]


def types_using(operations: set[str]) -> list[str]:
    """The action types that call one of these operations of X."""
    return [kind for kind, handler in _handlers.items() if operations & set(handler.operations)]
