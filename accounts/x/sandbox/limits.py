"""Rate limits per user or app and operation, with the headers X sends on every answer.

Source: X API docs, rate limits page (15-minute windows unless noted).
"""

from __future__ import annotations

from dataclasses import dataclass

from . import problems
from .settings import Settings
from .store import Store
from .wire import ApiError, Principal

QUARTER_S = 900
DAY_S = 86_400


@dataclass(frozen=True)
class Limit:
    """Calls per window; None is no limit. `bucket` is shared by operations that name it alike."""

    user: int | None = None
    app: int | None = None
    user_day: int | None = None
    app_day: int | None = None
    bucket: str = ""


_LOOKUP = Limit(user=900, app=300)
_DM_SEND = Limit(user=15, user_day=1440, app_day=1440, bucket="dm_send")
_DM_READ = Limit(user=15)
_UPLOAD = Limit(user=1875, app_day=180_000)

LIMITS: dict[str, Limit] = {
    "create_post": Limit(user=100, app_day=10_000),
    "delete_post": Limit(user=50),
    "get_posts": Limit(user=5000, app=3500),
    "get_post": Limit(user=900, app=450),
    "search": Limit(user=300, app=450),
    "counts": Limit(user=300, app=300),
    "own_posts": Limit(user=900, app=10_000),
    "mentions": Limit(user=300, app=450),
    "me": Limit(user=75),
    "get_user": _LOOKUP,
    "get_user_by_username": _LOOKUP,
    "get_users": _LOOKUP,
    "get_users_by_usernames": _LOOKUP,
    "repost": Limit(user=50),
    "unrepost": Limit(user=50),
    "like": Limit(user=50, user_day=1000),
    "unlike": Limit(user=50, user_day=1000),
    "hide": Limit(user=50, bucket="hide"),
    "unhide": Limit(user=50, bucket="hide"),
    "send_dm": _DM_SEND,
    "create_dm_conversation": _DM_SEND,
    "dm_events": _DM_READ,
    "dm_events_with": _DM_READ,
    "dm_conversation_events": _DM_READ,
    "get_dm_event": _DM_READ,
    "delete_dm_event": Limit(user=300, user_day=1500, app_day=4000),
    "upload_media": Limit(user=500, app_day=50_000),
    "media_initialize": _UPLOAD,
    "media_append": _UPLOAD,
    "media_finalize": _UPLOAD,
    "media_status": Limit(user=1000, app_day=100_000),
    "media_metadata": Limit(user=500, app_day=50_000),
    "usage": Limit(app=50),
}


class Limiter:
    """Counts calls in the store, so a restart does not open the windows anew."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def count(self, operation: str, principal: Principal) -> dict[str, str]:
        """Count one call and return its headers; raise 429, with them, when used up."""
        limit = LIMITS.get(operation)
        if limit is None:
            return {}
        bucket = limit.bucket or operation
        window_s = QUARTER_S
        if principal.account is not None:
            owner, calls, day = f"user {principal.user_id}", limit.user, limit.user_day
        else:
            owner, calls, day = f"app {principal.app['id']}", limit.app, None
        override = self._settings["limit_overrides"].get(operation)
        if override is not None:
            calls, window_s = int(override[0]), int(override[1])
        app_owner = f"app {principal.app['id']}"
        windows = [
            (prefix, key, cap, seconds)
            for prefix, key, cap, seconds in (
                ("x-rate-limit", f"{bucket} {owner}", calls, window_s),
                ("x-user-limit-24hour", f"{bucket} {owner} day", day, DAY_S),
                ("x-app-limit-24hour", f"{bucket} {app_owner} day", limit.app_day, DAY_S),
            )
            if cap is not None
        ]
        headers: dict[str, str] = {}
        with self._store.transaction():
            states = [self._state(key, seconds) for _, key, _, seconds in windows]
            enforced = self._settings["rate_limits"] == "real"
            pairs = list(zip(states, windows, strict=True))
            full = [state["used"] >= cap for state, (_, _, cap, _) in pairs]
            refused = enforced and any(full)
            for state, (prefix, key, cap, _) in pairs:
                used = state["used"] + (0 if refused else 1)  # a refused call uses nothing up
                self._store.db.execute(
                    "REPLACE INTO windows (bucket, used, reset_ms) VALUES (?, ?, ?)",
                    (key, used, state["reset_ms"]),
                )
                headers[f"{prefix}-limit"] = str(cap)
                headers[f"{prefix}-remaining"] = str(max(0, cap - used) if enforced else cap)
                headers[f"{prefix}-reset"] = str(-(-state["reset_ms"] // 1000))
        if refused:
            raise ApiError(429, problems.blank(429), headers)
        return headers

    def _state(self, key: str, seconds: int) -> dict[str, int]:
        """How much of a window is used; a window that ended counts as a new one."""
        now = self._store.clock.now_ms()
        found = self._store.row("SELECT used, reset_ms FROM windows WHERE bucket = ?", (key,))
        if found is None or found["reset_ms"] <= now:
            return {"used": 0, "reset_ms": now + seconds * 1000}
        return found
