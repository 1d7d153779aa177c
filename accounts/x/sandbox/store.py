"""The sandbox's state: one SQLite file, one lock, short transactions.

Write-ahead logging keeps committed transactions through a kill -9. Every change of state and
its ledger row are written in one transaction, so the ledger is the truth about what was done.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

X_EPOCH_MS = 1288834974657  # X ids: milliseconds since this instant in the upper 42 bits

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS apps (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, consumer_key TEXT UNIQUE, consumer_secret TEXT,
  client_id TEXT UNIQUE, client_secret TEXT, bearer TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY, username TEXT NOT NULL, username_lower TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, slot INTEGER UNIQUE, app_id INTEGER, profile TEXT NOT NULL,
  permission TEXT, access TEXT NOT NULL DEFAULT 'active', premium INTEGER NOT NULL DEFAULT 0,
  dm_open INTEGER NOT NULL DEFAULT 1, token TEXT UNIQUE, token_secret TEXT);
CREATE TABLE IF NOT EXISTS grants (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, app_id INTEGER NOT NULL,
  scopes TEXT NOT NULL, killed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, kind TEXT NOT NULL,
  expires_ms INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS tokens_grant ON tokens (grant_id);
CREATE TABLE IF NOT EXISTS posts (
  id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, text TEXT NOT NULL, raw_text TEXT NOT NULL,
  text_key TEXT NOT NULL, entities TEXT NOT NULL, note TEXT, conversation_id INTEGER NOT NULL,
  reply_to_id INTEGER, reply_to_user_id INTEGER, quote_id INTEGER, repost_of_id INTEGER,
  media TEXT NOT NULL DEFAULT '[]', poll TEXT, lang TEXT NOT NULL DEFAULT 'en',
  reply_settings TEXT NOT NULL DEFAULT 'everyone', community_id TEXT,
  paid_partnership INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL,
  deleted_ms INTEGER, hidden INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS posts_author ON posts (author_id, id);
CREATE INDEX IF NOT EXISTS posts_same ON posts (author_id, text_key);
CREATE INDEX IF NOT EXISTS posts_reply ON posts (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_quote ON posts (quote_id) WHERE quote_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_repost ON posts (repost_of_id) WHERE repost_of_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS mentions (
  user_id INTEGER NOT NULL, post_id INTEGER NOT NULL, PRIMARY KEY (user_id, post_id))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS likes (
  post_id INTEGER NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (post_id, user_id))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, participants TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dm_inbox (
  user_id INTEGER NOT NULL, event_id INTEGER NOT NULL, conversation_id TEXT NOT NULL,
  PRIMARY KEY (user_id, event_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dm_events (
  id INTEGER PRIMARY KEY, conversation_id TEXT NOT NULL, event_type TEXT NOT NULL,
  sender_id INTEGER NOT NULL, text TEXT NOT NULL, entities TEXT NOT NULL,
  media TEXT NOT NULL DEFAULT '[]', posts TEXT NOT NULL DEFAULT '[]', created_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS media (
  id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, owners TEXT NOT NULL DEFAULT '[]',
  media_key TEXT NOT NULL, category TEXT NOT NULL, media_type TEXT NOT NULL,
  total_bytes INTEGER NOT NULL, head BLOB NOT NULL DEFAULT x'', state TEXT NOT NULL,
  alt_text TEXT, created_ms INTEGER NOT NULL, finalized_ms INTEGER);
CREATE TABLE IF NOT EXISTS segments (
  media_id INTEGER NOT NULL, position INTEGER NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (media_id, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, account TEXT NOT NULL,
  account_id INTEGER NOT NULL, operation TEXT NOT NULL, payload TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS windows (
  bucket TEXT PRIMARY KEY, used INTEGER NOT NULL, reset_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, spec TEXT NOT NULL, remaining INTEGER, hits INTEGER);
CREATE TABLE IF NOT EXISTS usage (
  day TEXT NOT NULL, app_id INTEGER NOT NULL, posts INTEGER NOT NULL, PRIMARY KEY (day, app_id));
"""

TABLES = (
    "meta", "apps", "users", "grants", "tokens", "posts", "mentions", "likes", "conversations",
    "dm_inbox", "dm_events", "media", "segments", "ledger", "windows", "faults", "usage",
)  # fmt: skip


MAX_ID = (1 << 63) - 1


def as_id(text: int | str) -> int:
    """An id as the store keeps it; 19 digits can exceed 64 bits, and then it names nothing."""
    return min(int(text), MAX_ID)


class Clock:
    """The sandbox's time in ms; `offset_s` lets a test move it (expiries, windows)."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now_ms(self) -> int:
        return int((time.time() + self.offset_s) * 1000)


def iso(ms: int) -> str:
    """A time as X writes it: `2026-01-02T03:04:05.678Z`."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


class Store:
    """Opens (or makes) `path`. All access goes through one connection under one lock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")  # safe against kill -9, not power loss
        self.db.executescript(SCHEMA)
        self._last_id = max(
            int(self.db.execute(f"SELECT coalesce(max(id), 0) FROM {name}").fetchone()[0])  # noqa: S608 - names from this line
            for name in ("posts", "dm_events", "media")
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Nested use joins the outer transaction."""
        with self.lock:
            if self.db.in_transaction:
                yield self.db
                return
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Every row as a dict."""
        with self.lock:
            return [dict(row) for row in self.db.execute(sql, args)]

    def row(self, sql: str, args: Sequence[Any] = ()) -> dict[str, Any] | None:
        """The first row as a dict, or None."""
        with self.lock:
            found = self.db.execute(sql, args).fetchone()
            return dict(found) if found is not None else None

    def value(self, sql: str, args: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        with self.lock:
            found = self.db.execute(sql, args).fetchone()
            return found[0] if found is not None else None

    def new_id(self) -> int:
        """A snowflake: never given twice, always greater than every earlier one."""
        with self.lock:
            stamp = (self.clock.now_ms() - X_EPOCH_MS) << 22
            self._last_id = stamp if stamp > self._last_id else self._last_id + 1
            return self._last_id

    def record(self, account: dict[str, Any], operation: str, payload: Any, id_: int | str) -> None:
        """Write the ledger row of an accepted write; call it inside the transaction."""
        self.db.execute(
            "INSERT INTO ledger (time_ms, account, account_id, operation, payload, id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                self.clock.now_ms(),
                account["username"],
                account["id"],
                operation,
                json.dumps(payload, ensure_ascii=False),
                str(id_),
            ),
        )

    def get_meta(self, key: str, default: Any = None) -> Any:
        found = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return default if found is None else json.loads(found)

    def set_meta(self, key: str, value: Any) -> None:
        with self.transaction() as db:
            db.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (key, json.dumps(value)))

    def clear(self) -> None:
        """Empty every table; ids start from the clock again."""
        with self.transaction() as db:
            self._last_id = 0
            for name in TABLES:
                db.execute(f"DELETE FROM {name}")  # noqa: S608 - names from the tuple above
            db.execute("DELETE FROM sqlite_sequence")

    def close(self) -> None:
        with self.lock:
            self.db.close()
