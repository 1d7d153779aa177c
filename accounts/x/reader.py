"""The reading half of the X client. Nothing here changes anything on X."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from accounts.x import parsing, pricing, queries
from accounts.x.calls import Call, Caller
from accounts.x.credentials import Credentials
from accounts.x.errors import InvalidRequest
from accounts.x.queries import Vocabulary
from accounts.x.retries import with_retries
from accounts.x.transport import Timeouts, auth_for
from accounts.x.types import (
    CallRecord,
    Counts,
    DmEvent,
    MediaUpload,
    OnCall,
    Page,
    Post,
    Usage,
    User,
)

T = TypeVar("T")


class XReader:
    """Reads from X for one account (or, with an app bearer, for the app).

    ``base_url`` is ``https://api.x.com`` or a sandbox; ``user_id`` the account's own id, needed by
    the operations on its own timelines. ``on_call`` gets a CallRecord for each HTTP call, retries
    included. Times are seconds: connecting, one read, one whole call, and ``read_retry_cap`` for a
    read with all its tries; ``read_backoff`` is the first wait between them. ``owned_reads`` says
    that this account owns the developer app, which makes its own reads cheaper.

    Not for use by several threads at once. Every call may raise an ``accounts.x.errors.XError``.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str,
        user_id: str | None = None,
        on_call: OnCall | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        deadline: float = 30.0,
        fields_vocabulary: Vocabulary = "tweet",
        owned_reads: bool = False,
        read_retry_cap: float = 60.0,
        read_backoff: float = 1.0,
    ) -> None:
        self._credentials = credentials
        self.user_id = user_id
        self.fields_vocabulary: Vocabulary = fields_vocabulary
        self.last_call: CallRecord | None = None
        self._owned_reads = owned_reads
        self._read_retry_cap = read_retry_cap
        self._read_backoff = read_backoff
        self._caller = Caller(
            base_url=base_url,
            timeouts=Timeouts(connect_timeout, read_timeout, deadline),
            secrets=credentials.secrets(),
            told=(self._remember, *((on_call,) if on_call else ())),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} user_id={self.user_id} at {self._caller.base_url}>"

    def me(self) -> User:
        """The account that the credentials belong to."""
        return self._read(
            "me",
            "/2/users/me",
            parsing.read_one_user,
            {"user.fields": queries.USER_FIELDS},
            lookup=True,
        )

    def get_user(self, user_id: str) -> User:
        """One user by id; NotFound when there is none."""
        return self._read(
            "get_user",
            "/2/users/{id}",
            parsing.read_one_user,
            {"user.fields": queries.USER_FIELDS},
            path={"id": user_id},
            lookup=True,
        )

    def get_user_by_username(self, username: str) -> User:
        """One user by handle, without the @; NotFound when there is none."""
        return self._read(
            "get_user_by_username",
            "/2/users/by/username/{username}",
            parsing.read_one_user,
            {"user.fields": queries.USER_FIELDS},
            path={"username": username},
            lookup=True,
        )

    def get_users(self, user_ids: Sequence[str]) -> Page[User]:
        """Up to 100 users by id; those X does not give are in ``errors``."""
        params = {"ids": ",".join(user_ids), "user.fields": queries.USER_FIELDS}
        return self._read("get_users", "/2/users", parsing.read_users, params)

    def get_post(self, post_id: str) -> Post:
        """One post by id; NotFound when it is gone, Forbidden when it is hidden."""
        return self._read_posts(
            "get_post", "/2/tweets/{id}", parsing.read_one_post, path={"id": post_id}, lookup=True
        )

    def get_posts(self, post_ids: Sequence[str]) -> Page[Post]:
        """Up to 100 posts by id; those X does not give are in ``errors``."""
        params = {"ids": ",".join(post_ids)}
        return self._read_posts("get_posts", "/2/tweets", parsing.read_posts, params)

    def own_posts(
        self,
        *,
        since_id: str | None = None,
        until_id: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        max_results: int = 100,
        pagination_token: str | None = None,
        exclude: Sequence[str] = (),
    ) -> Page[Post]:
        """The account's own posts, newest first (``max_results`` 5 to 100).

        ``exclude`` takes ``replies`` and ``retweets``.
        """
        params = queries.timeline(
            since_id, until_id, start_time, end_time, max_results, pagination_token
        )
        if exclude:
            params["exclude"] = ",".join(exclude)
        return self._read_posts(
            "own_posts", "/2/users/{id}/tweets", parsing.read_posts, params, path=self._own_path()
        )

    def mentions(
        self,
        *,
        since_id: str | None = None,
        until_id: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        max_results: int = 100,
        pagination_token: str | None = None,
    ) -> Page[Post]:
        """Posts that mention the account, newest first; X reaches back 800."""
        params = queries.timeline(
            since_id, until_id, start_time, end_time, max_results, pagination_token
        )
        path = self._own_path()
        return self._read_posts(
            "mentions", "/2/users/{id}/mentions", parsing.read_posts, params, path=path
        )

    def search_recent(
        self,
        query: str,
        *,
        since_id: str | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        max_results: int = 100,
        pagination_token: str | None = None,
    ) -> Page[Post]:
        """Posts of the last seven days (``max_results`` 10 to 100, query of 1 to 512 characters).

        X takes at most one of ``since_id`` and ``start_time``.
        """
        params = queries.timeline(
            since_id, None, start_time, end_time, max_results, pagination_token
        )
        params["query"] = query
        return self._read_posts(
            "search_recent", "/2/tweets/search/recent", parsing.read_posts, params
        )

    def counts_recent(
        self,
        query: str,
        *,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        granularity: Literal["minute", "hour", "day"] = "hour",
    ) -> Counts:
        """How many posts of the last seven days match; app bearer only."""
        params = {"query": query, "granularity": granularity, **queries.times(start_time, end_time)}
        return self._read("counts_recent", "/2/tweets/counts/recent", parsing.read_counts, params)

    def dm_events(
        self,
        *,
        max_results: int = 100,
        pagination_token: str | None = None,
        event_types: Sequence[str] = ("MessageCreate",),
    ) -> Page[DmEvent]:
        """Direct-message events of all conversations, newest first, 30 days back.

        X has no ``since_id`` here: page until a known event. 15 calls per 15 minutes.
        """
        params = queries.dm_events(max_results, pagination_token, event_types)
        return self._read("dm_events", "/2/dm_events", parsing.read_dm_events, params)

    def dm_events_with(
        self,
        participant_id: str,
        *,
        max_results: int = 100,
        pagination_token: str | None = None,
        event_types: Sequence[str] = ("MessageCreate",),
    ) -> Page[DmEvent]:
        """The same for the conversation with one person; a limit of its own, 15 per 15 minutes."""
        return self._read(
            "dm_events_with",
            "/2/dm_conversations/with/{participant_id}/dm_events",
            parsing.read_dm_events,
            queries.dm_events(max_results, pagination_token, event_types),
            path={"participant_id": participant_id},
        )

    def media_status(self, media_id: str) -> MediaUpload:
        """How far X is with processing an upload."""
        params = {"media_id": media_id, "command": "STATUS"}
        return self._read("media_status", "/2/media/upload", parsing.read_media, params)

    def usage_tweets(self, days: int = 7) -> Usage:
        """Posts read in the last 1 to 90 days against the cap; app bearer only."""
        params = {"days": str(days), "usage.fields": queries.USAGE_FIELDS}
        return self._read("usage_tweets", "/2/usage/tweets", parsing.read_usage, params)

    def _own_path(self) -> dict[str, str]:
        if self.user_id is None:
            raise ValueError("this operation needs the client's user_id")
        return {"id": self.user_id}

    def _remember(self, record: CallRecord) -> None:
        self.last_call = record

    def _read(
        self,
        operation: str,
        path_template: str,
        parse: Callable[[Mapping[str, Any]], T],
        params: Mapping[str, str],
        *,
        path: Mapping[str, str] | None = None,
        lookup: bool = False,
    ) -> T:
        def attempt(seconds_left: float) -> T:
            call = Call(
                operation=operation,
                method="GET",
                path=path_template,
                parse=parse,
                auth=auth_for(self._credentials),
                path_values=path or {},
                params=params,
                price=lambda n: pricing.call_price(operation, resources=n, owned=self._owned_reads),
                lookup=lookup,
            )
            return self._caller.perform(call, deadline=seconds_left)

        return with_retries(attempt, cap=self._read_retry_cap, backoff=self._read_backoff)

    def _read_posts(
        self,
        operation: str,
        path_template: str,
        parse: Callable[[Mapping[str, Any]], T],
        params: Mapping[str, str] | None = None,
        *,
        path: Mapping[str, str] | None = None,
        lookup: bool = False,
    ) -> T:
        """A read that asks for post fields, in the words that this X understands.

        Which of its two vocabularies the service wants is not certain (X API docs and OpenAPI
        2.167 differ), so a 400 that names ours makes the client try the other and keep to it.
        """
        ours = self.fields_vocabulary

        def ask(words: Vocabulary) -> T:
            asked = {**(params or {}), **queries.post_fields(words)}
            return self._read(operation, path_template, parse, asked, path=path, lookup=lookup)

        try:
            return ask(ours)
        except InvalidRequest as error:
            if not queries.about_vocabulary(error, ours):
                raise
            first = error
        other: Vocabulary = "post" if ours == "tweet" else "tweet"
        try:
            result = ask(other)
        except InvalidRequest:
            raise first from None
        self.fields_vocabulary = other
        return result
