"""A post's story for people: its parts, each try to send them, what went wrong and what helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import Event
from accounts.x.text import MAX_WEIGHT, find_urls, weighted_length
from execution.models import Action, Attempt
from execution.states import EDITABLE, ActionStatus, AttemptState
from publishing.models import Post, PostPart
from publishing.selectors import events_of
from publishing.services.posts import trouble_of

ATTEMPT_WORDS = {
    AttemptState.CLAIMED: "A worker took it; nothing was sent yet",
    AttemptState.SENDING: "The request was on its way to X",
    AttemptState.ACCEPTED: "X accepted it",
    AttemptState.REJECTED: "X refused it",
    AttemptState.NOT_SENT: "It never reached X",
    AttemptState.UNKNOWN: "Nobody knows whether X got it",
}
ATTEMPT_NEXT = {
    AttemptState.UNKNOWN: "It is never sent again on a guess: X is searched for it first.",
    AttemptState.NOT_SENT: "Nothing went out, so it may safely be sent again.",
}
EVENT_WORDS = {
    "post.created": "Written",
    "post.edited": "Changed",
    "action.scheduled": "Scheduled",
    "action.started": "Sending began",
    "action.deferred": "Put off",
    "action.done": "On X",
    "action.failed": "Failed",
    "action.unknown": "Outcome unknown",
    "action.needs_person": "Needs a person",
    "action.missed": "Missed",
    "action.cancelled": "Cancelled",
    "action.resolved": "Resolved by hand",
    "action.edited": "Time or text changed",
}


@dataclass(frozen=True)
class Trouble:
    """What people must know: the cause, its code for the log, and what to do."""

    cause: str
    code: str
    next_step: str
    state: str
    position: int


@dataclass(frozen=True)
class Try:
    """One attempt, in plain words."""

    attempt: Attempt
    words: str
    next_step: str


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `link` where X will make a link of it."""

    text: str
    link: bool = False


@dataclass(frozen=True)
class Part:
    """One part as X gets it, with its tries."""

    row: PostPart
    state: str
    label: str
    pieces: list[Piece]
    weight: int
    max_weight: int
    url: str
    tries: list[Try] = field(default_factory=list)


@dataclass(frozen=True)
class Happening:
    """One event: what, when, who and why."""

    event: Event
    words: str
    why: str
    position: int | None


@dataclass(frozen=True)
class Timeline:
    parts: list[Part]
    happenings: list[Happening]
    trouble: Trouble | None

    @property
    def untouched(self) -> bool:
        """Whether no part has begun to leave, so that words and time may still change."""
        return all(part.state == "draft" or part.state in EDITABLE for part in self.parts)


def timeline_of(post: Post) -> Timeline:
    """The story of one post; the same number of queries however long it is."""
    attempts = Prefetch("action__attempts", Attempt.objects.order_by("id"))
    rows = list(
        post.parts.select_related("action")
        .order_by("position")
        .prefetch_related("media__asset", attempts)
    )
    positions = {str(row.action_id): row.position for row in rows if row.action_id}
    return Timeline(
        parts=[_part(row, post.account.username) for row in rows],
        happenings=[_happening(event, positions) for event in events_of(post)],
        trouble=_trouble(rows),
    )


def x_url(username: str, x_id: str) -> str:
    """Where a post is on X; empty without an id."""
    return f"https://x.com/{username}/status/{x_id}" if x_id else ""


def pieces_of(text: str) -> list[Piece]:
    """The text cut at what X makes links of."""
    pieces, rest = [], text
    for url in find_urls(text):
        before, _, rest = rest.partition(url)
        pieces += [Piece(before), Piece(url, link=True)]
    return [piece for piece in (*pieces, Piece(rest)) if piece.text]


def _part(row: PostPart, username: str) -> Part:
    action = row.action
    tries = action.attempts.all() if action else []
    return Part(
        row=row,
        state=action.status if action else "draft",
        label=_label(row, action),
        pieces=pieces_of(row.text),
        weight=weighted_length(row.text),
        max_weight=MAX_WEIGHT,
        url=x_url(username, action.x_id if action else ""),
        tries=[_try(attempt) for attempt in tries],
    )


def _label(row: PostPart, action: Action | None) -> str:
    if action is None:
        return "Draft"
    if action.status == ActionStatus.SCHEDULED and action.due_at is None:
        return f"Follows part {row.position - 1}"
    return str(action.get_status_display())


def _try(attempt: Attempt) -> Try:
    state = AttemptState(attempt.state)
    return Try(attempt, ATTEMPT_WORDS[state], ATTEMPT_NEXT.get(state, ""))


def _happening(event: Event, positions: dict[str, int]) -> Happening:
    why = str(event.data.get("reason") or event.data.get("note") or "")
    if event.name == "post.edited":
        why = ", ".join(event.data.get("fields", []))
    if event.name == "action.resolved":
        why = f"{event.data.get('resolution', '')} {event.data.get('x_id', '')} {why}".strip()
    position = positions.get(event.object_id) if event.object_type == "action" else None
    return Happening(event, EVENT_WORDS.get(event.name, event.name), why, position)


def _trouble(rows: Iterable[PostPart]) -> Trouble | None:
    by_action = {row.action_id: row.position for row in rows if row.action_id}
    actions = [row.action for row in rows if row.action]
    now = timezone.now()
    action = trouble_of(actions, now)
    if action is None:
        action = next(
            (a for a in actions if a.status in (ActionStatus.UNKNOWN, ActionStatus.MISSED)), None
        )
    if action is None:
        return None
    return Trouble(
        cause=action.error_detail or _cause(action, now),
        code=action.error_code,
        next_step=next_step(
            action, now, partly=any(a.status == ActionStatus.DONE for a in actions)
        ),
        state=action.status,
        position=by_action[action.pk],
    )


def _cause(action: Action, now: datetime) -> str:
    if action.status == ActionStatus.UNKNOWN:
        return "The connection ended before X answered, so nobody knows whether it went out."
    if action.status == ActionStatus.MISSED:
        return "Its time passed while it could not leave."
    return "It waits before it is tried again."


def next_step(action: Action, now: datetime, *, partly: bool) -> str:
    """What a person can do, or that nothing is needed."""
    if action.status == ActionStatus.UNKNOWN:
        if action.needs_person:
            return "Look at the evidence and say what happened: Resolve."
        return "X is being searched for it; this settles by itself or asks you."
    if action.status == ActionStatus.SCHEDULED:
        at = action.next_attempt_at
        wait = at - now if at and at > now else timedelta(0)
        minutes = max(1, round(wait.total_seconds() / 60))
        return f"Nothing to do: it is tried again by itself in about {minutes} min."
    if action.status == ActionStatus.MISSED:
        return "Send it again now, give it a new time, or cancel it."
    if action.error_code == "account_not_connected":
        return "Connect the account again, then send it again."
    if action.error_code == "dropped":
        return "If it is not on X and still wanted, write it anew."
    if action.retryable and partly:
        return "Mend the cause, then resume the thread: it goes on from this part."
    if action.retryable:
        return "Mend the cause, then send it again, or give it a new time."
    return "It can't be sent as it is. Change it, or cancel it."
