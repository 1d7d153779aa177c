"""One deadline for a whole HTTP call, and the knowledge whether any of it was sent.

A read timeout bounds one read of the socket: a server that sends a byte now and then never runs
into it. So every call has a watch, which shuts the connection down from a timer when its time is
up, whatever the call is waiting for by then. (Name resolution cannot be interrupted; it is only
found late, and then nothing is sent.)

The same object notes when the first byte of the request goes out. That, and not the kind of the
exception, tells "surely not sent" from "perhaps sent".
"""

from __future__ import annotations

import contextlib
import socket
import threading
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class DeadlinePassed(OSError):
    """The watch ran out before the request was written."""


class Watch:
    """The clock and the progress of one call. Use as a context manager around it."""

    def __init__(self, seconds: float) -> None:
        self.connecting = False
        self.sent = False
        self._expired = False
        self._peer: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watch:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()
        _current.reset(self._token)
        with self._lock:
            if self._peer is not None:
                self._peer.close()
                self._peer = None

    @property
    def expired(self) -> bool:
        """True once the deadline has passed."""
        return self._expired

    def adopt(self, connection: socket.socket) -> None:
        """Take charge of a connected socket; raise DeadlinePassed when it came too late.

        A duplicate of the descriptor is kept: wrapping the socket in TLS detaches the original,
        and a shutdown of the duplicate ends the same connection.
        """
        with self._lock:
            if self._expired:
                connection.close()
                raise DeadlinePassed("the deadline passed while connecting")
            self._peer = connection.dup()

    def mark_sent(self) -> None:
        """Note that bytes of the request go out now; raise DeadlinePassed instead if too late."""
        with self._lock:
            if self._expired and not self.sent:
                raise DeadlinePassed("the deadline passed before the request was written")
            self.sent = True

    def _expire(self) -> None:
        with self._lock:
            self._expired = True
            if self._peer is not None:
                with contextlib.suppress(OSError):
                    self._peer.shutdown(socket.SHUT_RDWR)


_current: ContextVar[Watch | None] = ContextVar("x_call_watch", default=None)


class _WatchedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        watch = _current.get()
        if watch is not None:
            watch.connecting = True
        connection = super()._new_conn()
        if watch is not None:
            watch.adopt(connection)
        return connection

    def send(self, data: Any) -> None:
        if self.sock is None:
            # http.client would connect inside its own send(), after the mark below.
            self.connect()
        watch = _current.get()
        if watch is not None:
            watch.mark_sent()
        super().send(data)


class _WatchedTLSConnection(_WatchedConnection, HTTPSConnection):
    """The same over TLS: nothing counts as sent before the handshake is through."""


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLSConnection


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _WatchedPool,
            "https": _WatchedTLSPool,
        }


def fresh_session() -> requests.Session:
    """A session for one call: no pooled socket, no retry, no proxy or netrc of the environment.

    An idle connection that X closed meanwhile would look like an unknown outcome, so no call
    inherits one.
    """
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "x-manager"
    adapter = _WatchedAdapter(max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
