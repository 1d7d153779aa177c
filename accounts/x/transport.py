"""One HTTP exchange with X, sent at most once, and what became of it.

Nothing here retries and nothing raises for what the network does: the caller gets an ``Answer``
and turns it into a result or an error.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import BadStatusLine, LineTooLong
from typing import Any, Literal

import requests
import urllib3.exceptions as u3
from requests.auth import AuthBase
from requests_oauthlib import OAuth1

from accounts.x.credentials import AppBearer, Credentials, OAuth1Credentials
from accounts.x.watch import Watch, fresh_session

MAX_BODY_BYTES = 5 * 1024 * 1024

# Both print Authorization headers and base strings at DEBUG.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)

Kind = Literal["not_sent", "unknown", "unbuildable"]


@dataclass(frozen=True)
class Failure:
    """Why there is no whole answer."""

    kind: Kind
    code: str
    detail: str


@dataclass(frozen=True)
class Answer:
    """What came back: a status with headers and body, or a failure, or both (a cut-off body)."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True)
class Timeouts:
    """Seconds: for connecting (each address), for one read, and for the whole call."""

    connect: float = 5.0
    read: float = 20.0
    deadline: float = 30.0


class BearerAuth(AuthBase):
    """Sets the Authorization header; has no printable form that shows the token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def auth_for(credentials: Credentials) -> AuthBase:
    """The signer for these credentials, made anew for each call (OAuth 1.0a: a new nonce)."""
    if isinstance(credentials, OAuth1Credentials):
        # JSON and multipart bodies stay out of the signature (X API docs: OAuth 1.0a signing).
        signer: AuthBase = OAuth1(
            credentials.consumer_key,
            client_secret=credentials.consumer_secret,
            resource_owner_key=credentials.access_token,
            resource_owner_secret=credentials.access_token_secret,
            signature_type="auth_header",
        )
        return signer
    token = credentials.token if isinstance(credentials, AppBearer) else credentials.access_token
    return BearerAuth(token)


def exchange(
    method: str,
    url: str,
    *,
    timeouts: Timeouts,
    auth: AuthBase | tuple[str, str] | None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
) -> Answer:
    """Send one request on a connection of its own and read the answer, at most 5 MB of it.

    Redirects are not followed. The whole takes at most ``timeouts.deadline`` seconds, plus the
    time of a name resolution that does not come back.
    """
    status: int | None = None
    headers: Mapping[str, str] = {}
    body = bytearray()
    with fresh_session() as session, Watch(timeouts.deadline) as watch:
        try:
            prepared = session.prepare_request(
                requests.Request(
                    method, url, params=params, json=json, data=form, files=files, auth=auth
                )
            )
        except ValueError:
            # Requests' own complaints about URLs and headers are ValueErrors as well.
            return Answer(None, failure=_UNBUILDABLE)
        try:
            with session.send(
                prepared,
                timeout=(timeouts.connect, timeouts.read),
                stream=True,
                allow_redirects=False,
            ) as response:
                status, headers = response.status_code, response.headers
                # read1 hands over what has come, so that of a body that is cut off the part
                # before the cut is there: it may hold the id.
                while chunk := response.raw.read1(65536, decode_content=True):
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        failure = Failure("unknown", "bad_answer", "the answer exceeds 5 MB")
                        return Answer(status, headers, b"", failure)
        except (OSError, ValueError, u3.HTTPError, BadStatusLine) as error:
            # RequestException is an OSError; http.client's own errors come wrapped, bar a few.
            return Answer(status, headers, bytes(body), _failure(error, watch))
        if watch.expired:
            # A body without a length ends cleanly when the connection is shut down.
            cut_off = Failure("unknown", "timeout", "the deadline of the call passed")
            return Answer(status, headers, bytes(body), cut_off)
        return Answer(status, headers, bytes(body))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything wrapped in it, outermost first."""
    seen: set[int] = set()
    queue: list[BaseException] = [error]
    while queue:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [getattr(current, "reason", None), current.__cause__, current.__context__]
        queue += [e for e in (*current.args, *inner) if isinstance(e, BaseException)]


# From the most to the least telling; the first that occurs in the chain names the failure.
_BEFORE_SENDING: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    ("dns", (u3.NameResolutionError, socket.gaierror)),
    ("refused", (ConnectionRefusedError,)),
    ("tls", (u3.SSLError, requests.exceptions.SSLError)),
    # Before the timeouts, since urllib3 counts it among them.
    ("unreachable", (u3.NewConnectionError,)),
    (
        "connect_timeout",
        (u3.ConnectTimeoutError, requests.exceptions.ConnectTimeout, TimeoutError),
    ),
)


# Python's own words would quote the value, which may be a token.
_UNBUILDABLE = Failure(
    "unbuildable",
    "invalid_request",
    "the request cannot be built: the address or a credential holds characters that HTTP forbids",
)


def _failure(error: BaseException, watch: Watch) -> Failure:
    if isinstance(error, ValueError) and not watch.sent:
        return _UNBUILDABLE
    chain = list(_chain(error))
    words = _words(chain[-1])
    if not watch.sent:
        if watch.expired:
            return Failure("not_sent", "connect_timeout", "the deadline passed while connecting")
        for code, kinds in _BEFORE_SENDING:
            if any(isinstance(e, kinds) for e in chain):
                return Failure("not_sent", code, words)
        if watch.connecting:
            return Failure("not_sent", "unreachable", words)
    if watch.expired:
        return Failure("unknown", "timeout", "the deadline of the call passed")
    timed_out = (u3.TimeoutError, requests.exceptions.Timeout, TimeoutError)
    if any(isinstance(e, timed_out) for e in chain):
        return Failure("unknown", "timeout", words)
    garbled = (
        BadStatusLine,
        LineTooLong,
        u3.DecodeError,
        u3.HeaderParsingError,
        requests.exceptions.ContentDecodingError,
    )
    # A connection closed without an answer is a BadStatusLine too, but X's silence is a reset.
    silent = any(isinstance(e, ConnectionError) for e in chain)
    if not silent and any(isinstance(e, garbled) for e in chain):
        return Failure("unknown", "bad_answer", words)
    return Failure("unknown", "connection_reset", words)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
