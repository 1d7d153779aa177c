"""What each kind of effect needs, and what X's self-serve plans refuse from the start.

Sources: X API docs, authentication mapping (scopes), changelog of 23 February 2026 (replies
only when summoned) and 20 April 2026 (likes and quotes removed from self-serve), character
counting (long posts need Premium).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from accounts.states import AccessLevel

WHEN_SUMMONED: Literal["when_summoned"] = "when_summoned"
Allowed = bool | Literal["when_summoned"] | None

_WRITE = frozenset({"tweet.read", "tweet.write", "users.read"})
_LEVELS = [AccessLevel.READ, AccessLevel.READ_WRITE, AccessLevel.READ_WRITE_DM]


@dataclass(frozen=True)
class Rule:
    """`self_serve` is what the plan alone says; None: it says nothing against it."""

    name: str
    scopes: frozenset[str]
    level: AccessLevel = AccessLevel.READ_WRITE
    self_serve: Allowed = None
    self_serve_reason: str = ""
    assumed: bool = True  # False: enough permission is not enough to promise it
    unknown_reason: str = "Not tried with this account yet."


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("post", _WRITE),
        Rule(
            "reply",
            _WRITE,
            self_serve=WHEN_SUMMONED,
            self_serve_reason=(
                "On self-serve plans X accepts a reply only to someone who mentioned this "
                "account in that post or quoted one of its posts."
            ),
        ),
        Rule(
            "quote",
            _WRITE,
            self_serve=False,
            self_serve_reason="X took quote posts out of the self-serve plans (April 2026).",
        ),
        Rule(
            "long_post",
            _WRITE,
            assumed=False,
            unknown_reason="Posts of more than 280 weighted characters need X Premium.",
        ),
        Rule("media", frozenset({"media.write"})),
        Rule("delete", _WRITE),
        Rule("repost", _WRITE),
        Rule(
            "like",
            frozenset({"tweet.read", "users.read", "like.write"}),
            self_serve=False,
            self_serve_reason="X took likes out of the self-serve plans (April 2026).",
        ),
        Rule("hide", frozenset({"tweet.read", "users.read", "tweet.moderate.write"})),
        Rule(
            "dm",
            frozenset({"dm.write", "dm.read", "tweet.read", "users.read"}),
            level=AccessLevel.READ_WRITE_DM,
        ),
    )
}

# What undoes something stands and falls with it.
_UNDO = {"unlike": "like", "unrepost": "repost", "unhide": "hide"}


def capability_name(operation: str) -> str:
    """The capability that an operation needs; ValueError for one that is not in the table."""
    name = _UNDO.get(operation, operation)
    if name not in RULES:
        raise ValueError(f"no capability is known for {operation!r}")
    return name


def lacking(rule: Rule, *, access_level: str, scopes: list[str]) -> str:
    """What the token lacks for it, in words; empty when nothing is known to be missing."""
    if scopes:
        missing = sorted(rule.scopes - set(scopes))
        return f"the scope {', '.join(missing)}" if missing else ""
    if access_level and _LEVELS.index(AccessLevel(access_level)) < _LEVELS.index(rule.level):
        return f"the permission “{rule.level.label}” (it has “{AccessLevel(access_level).label}”)"
    return ""
