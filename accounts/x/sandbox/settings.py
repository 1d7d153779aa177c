"""What can be changed while the sandbox runs, kept in its store."""

from __future__ import annotations

from typing import Any

from .store import Store

DEFAULTS: dict[str, Any] = {
    "read_lag_ms": 0,  # a new post appears in timelines, mentions and search this much later
    "vocabulary": "classic",  # field names of answers: "classic" (tweet) or "spec" (post)
    "strict_vocabulary": False,  # refuse the other vocabulary's `*.fields` parameter with 400
    "rate_limits": "real",  # "real" or "off" (headers are still sent)
    "limit_overrides": {},  # operation -> [calls, seconds], instead of the user window
    "latency_ms": 0,  # added to every API answer
    "allow_likes": False,  # X removed likes from the self-serve tiers
    "allow_quotes": False,  # and quote posts
    "reply_rule": True,  # replies only to those who summoned the account
    "media_processing_ms": 2000,  # how long a video or GIF takes to become usable
    "clock_offset_s": 0,  # moves the sandbox's clock (expiries, windows, ids)
    "quiet_world": False,  # nobody writes by themselves
    "world_interval_s": [20, 60],  # the world's next item comes after a time between these
}
_CHOICES = {"vocabulary": ("classic", "spec"), "rate_limits": ("real", "off")}


class Settings:
    """Reads and validates; `overrides` are the command line's and win at start and reset."""

    def __init__(self, store: Store, overrides: dict[str, Any]) -> None:
        self._store = store
        self._overrides = overrides
        self._values = DEFAULTS | store.get_meta("settings", {}) | overrides
        self._apply()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def all(self) -> dict[str, Any]:
        return dict(self._values)

    def update(self, changes: Any) -> None:
        """Change some; a wrong name or value raises ValueError with a sentence and changes none."""
        if not isinstance(changes, dict):
            raise ValueError("Settings are a JSON object of names and values.")
        for name, value in changes.items():
            _check(name, value)
        self._values = self._values | changes
        self._store.set_meta("settings", self._values)
        self._apply()

    def reset(self) -> None:
        self._values = DEFAULTS | self._overrides
        self._apply()

    def _apply(self) -> None:
        self._store.clock.offset_s = float(self._values["clock_offset_s"])


def _check(name: str, value: Any) -> None:
    if name not in DEFAULTS:
        raise ValueError(f"There is no setting {name!r}; there are: {', '.join(DEFAULTS)}.")
    if name in _CHOICES:
        fits = value in _CHOICES[name]
        wanted = " or ".join(_CHOICES[name])
    elif name == "limit_overrides":
        fits = isinstance(value, dict) and all(_pair(pair) for pair in value.values())
        wanted = "an object of operation: [calls, seconds]"
    elif name == "world_interval_s":
        fits, wanted = _pair(value) and value[0] <= value[1], "[shortest, longest] in seconds"
    elif isinstance(DEFAULTS[name], bool):
        fits, wanted = isinstance(value, bool), "true or false"
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        fits = fits and (value >= 0 or name == "clock_offset_s")
        wanted = "a number, 0 or more"
    if not fits:
        raise ValueError(f"Setting {name} must be {wanted}.")


def _pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) and n > 0 for n in value)
    )
