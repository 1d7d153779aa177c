"""What the X client hands back: frozen, the same for both of X's vocabularies.

Ids are strings, moments are timezone-aware UTC, a missing field is None (or an empty tuple).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class RateWindow:
    """One counter: how many calls it allows, how many are left, when it starts afresh (UTC)."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


@dataclass(frozen=True)
class RateLimit:
    """The rate-limit headers of one answer (X API docs: rate limits page).

    The plain fields are the endpoint's window, usually 15 minutes; ``app_24h`` and ``user_24h``
    are the daily caps that some endpoints report beside it.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None
    app_24h: RateWindow | None = None
    user_24h: RateWindow | None = None
    retry_after: datetime | None = None

    def wait_until(self) -> datetime | None:
        """The latest reset among the counters that are used up; None while none is."""
        windows = [RateWindow(self.limit, self.remaining, self.reset_at)]
        windows += [window for window in (self.app_24h, self.user_24h) if window]
        resets = [w.reset_at for w in windows if w.remaining == 0 and w.reset_at is not None]
        return max(resets, default=None)


@dataclass(frozen=True)
class CallRecord:
    """One HTTP call, retries counted singly: what a call log and a cost ledger need.

    ``cost_usd`` is an estimate from the price table: nothing for an answer that is no success,
    the full price where the outcome is unknown because no answer came. ``access_level`` is what
    X said an OAuth 1.0a token may do (its ``x-access-level`` header); empty when it did not.
    """

    operation: str
    method: str
    path_template: str
    status: int | None
    started_at: datetime
    duration_ms: int
    cost_usd: Decimal
    rate_limit: RateLimit
    error_code: str
    request_id: str
    access_level: str = ""


OnCall = Callable[[CallRecord], None]


@dataclass(frozen=True)
class PartialError:
    """An entry of ``errors`` beside (or instead of) data in a 200."""

    kind: str
    title: str
    detail: str
    resource_id: str = ""
    parameter: str = ""


@dataclass(frozen=True)
class CreatedPost:
    """X's answer to a post: its id, and the text as X stored it (links wrapped)."""

    id: str
    text: str


@dataclass(frozen=True)
class SentDm:
    """X's answer to a direct message."""

    event_id: str
    conversation_id: str


@dataclass(frozen=True)
class Poll:
    """A poll to attach: 2 to 4 options of 1 to 25 characters, open 5 to 10,080 minutes."""

    options: tuple[str, ...]
    duration_minutes: int


@dataclass(frozen=True)
class Reference:
    """How a post refers to another: ``retweeted``, ``quoted`` or ``replied_to``."""

    type: str
    id: str


@dataclass(frozen=True)
class UrlEntity:
    """A link in a post: X's t.co wrapper and what it stands for."""

    url: str
    expanded_url: str
    media_key: str | None = None


@dataclass(frozen=True)
class PostMetrics:
    """Public counters of a post."""

    likes: int = 0
    replies: int = 0
    reposts: int = 0
    quotes: int = 0
    bookmarks: int = 0
    impressions: int = 0


@dataclass(frozen=True)
class User:
    """A person or organisation on X. Counters are None when they were not asked for."""

    id: str
    username: str
    name: str
    description: str = ""
    created_at: datetime | None = None
    protected: bool | None = None
    verified_type: str | None = None
    profile_image_url: str | None = None
    receives_your_dm: bool | None = None
    connection_status: tuple[str, ...] = ()
    followers_count: int | None = None
    following_count: int | None = None
    post_count: int | None = None
    listed_count: int | None = None


@dataclass(frozen=True)
class Post:
    """A post as X returns it: ``text`` is HTML-escaped and its links are t.co wrappers.

    ``note_text`` holds the whole of a long post, of which ``text`` is then only the beginning.
    """

    id: str
    text: str
    note_text: str | None = None
    author_id: str | None = None
    author: User | None = None
    created_at: datetime | None = None
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    references: tuple[Reference, ...] = ()
    edit_history_ids: tuple[str, ...] = ()
    urls: tuple[UrlEntity, ...] = ()
    mentions: tuple[str, ...] = ()
    media_keys: tuple[str, ...] = ()
    metrics: PostMetrics | None = None
    lang: str | None = None
    reply_settings: str | None = None
    community_id: str | None = None

    def _reference(self, kind: str) -> str | None:
        return next((ref.id for ref in self.references if ref.type == kind), None)

    @property
    def replied_to_id(self) -> str | None:
        """The id of the post that this one answers."""
        return self._reference("replied_to")

    @property
    def quoted_id(self) -> str | None:
        """The id of the post that this one quotes."""
        return self._reference("quoted")

    @property
    def reposted_id(self) -> str | None:
        """The id of the post that this one merely repeats."""
        return self._reference("retweeted")

    @property
    def full_text(self) -> str:
        """The whole text, also of a long post."""
        return self.note_text if self.note_text is not None else self.text


@dataclass(frozen=True)
class DmEvent:
    """One event of a conversation: a message, or people joining and leaving."""

    id: str
    event_type: str
    text: str = ""
    sender_id: str | None = None
    conversation_id: str | None = None
    created_at: datetime | None = None
    media_keys: tuple[str, ...] = ()
    participant_ids: tuple[str, ...] = ()
    urls: tuple[UrlEntity, ...] = ()


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, newest first, with what X included beside it.

    ``next_token`` goes back as ``pagination_token``; None means that this was the last page.
    """

    items: tuple[T, ...]
    next_token: str | None = None
    previous_token: str | None = None
    newest_id: str | None = None
    oldest_id: str | None = None
    users: Mapping[str, User] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    errors: tuple[PartialError, ...] = ()


@dataclass(frozen=True)
class CountBucket:
    """How many posts matched in one slice of time."""

    start: datetime
    end: datetime
    count: int


@dataclass(frozen=True)
class Counts:
    """Post counts of a search over time."""

    buckets: tuple[CountBucket, ...]
    total: int


@dataclass(frozen=True)
class Processing:
    """Where X is with uploaded media: pending, in_progress, succeeded or failed."""

    state: str
    check_after_secs: int | None = None
    progress_percent: int | None = None
    error: str = ""


@dataclass(frozen=True)
class MediaUpload:
    """An upload. It can be attached when ``ready``, for ``expires_after_secs`` from the answer."""

    id: str
    media_key: str | None = None
    size: int | None = None
    expires_after_secs: int | None = None
    processing: Processing | None = None

    @property
    def ready(self) -> bool:
        """True when nothing is left to process (X leaves the state out for plain images)."""
        return self.processing is None or self.processing.state == "succeeded"

    @property
    def failed(self) -> bool:
        """True when X gave up on the file."""
        return self.processing is not None and self.processing.state == "failed"


@dataclass(frozen=True)
class DailyUsage:
    """Posts read on one day."""

    date: datetime
    posts: int


@dataclass(frozen=True)
class Usage:
    """Posts read by the project against its monthly cap; counts posts, not money."""

    project_id: str | None
    project_usage: int | None
    project_cap: int | None
    cap_reset_day: int | None
    daily: tuple[DailyUsage, ...] = ()


@dataclass(frozen=True)
class TokenPair:
    """A fresh OAuth 2.0 pair. Store it before its first use: the old refresh token is spent.

    ``refresh_token`` is None when X sent none back; the old one then stays valid.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None = None
    scope: tuple[str, ...] = ()
