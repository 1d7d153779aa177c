"""The sandbox itself: the parts the operations work with."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from . import seed
from .auth import Authenticator
from .faults import Faults
from .limits import Limiter
from .settings import Settings
from .store import Clock, Store, as_id


class Sandbox:
    """Everything behind the server. `home` is the directory its `sandbox/x.db` lives in."""

    def __init__(self, home: Path, overrides: dict[str, Any] | None = None) -> None:
        self.clock = Clock()
        self.store = Store(home / "sandbox" / "x.db", self.clock)
        self.settings = Settings(self.store, overrides or {})
        self.auth = Authenticator(self.store)
        self.limiter = Limiter(self.store, self.settings)
        self.faults = Faults(self.store)
        self.stopping = threading.Event()
        seed.fill(self.store)

    def reset(self) -> None:
        """Back to the first day: the same accounts, nothing posted, no faults."""
        with self.store.lock:
            self.faults.clear()
            self.store.clear()
            self.settings.reset()
            seed.fill(self.store)

    def user(self, id_: int | str) -> dict[str, Any] | None:
        return self.store.row("SELECT * FROM users WHERE id = ?", (as_id(id_),))

    def user_named(self, username: str) -> dict[str, Any] | None:
        return self.store.row(
            "SELECT * FROM users WHERE username_lower = ?", (username.lstrip("@").lower(),)
        )

    def user_id_named(self, username: str) -> int | None:
        found = self.user_named(username)
        return int(found["id"]) if found else None

    def visible_until_ms(self) -> int:
        """Posts made after this instant are not in timelines, mentions and search yet."""
        return self.clock.now_ms() - int(self.settings["read_lag_ms"])
