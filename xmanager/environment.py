"""Reads the environment: every variable also from a file named in `NAME_FILE`, every mistake
told as a sentence that names the variable (and never its value, which may be a secret)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

_RATE = re.compile(r"\d+/(s|sec|second|m|min|minute|h|hour|d|day)")


class _Variables(FileAwareMapping):
    """`NAME_FILE` first, then `NAME`; blanks and the line end around the value don't count."""

    def __getitem__(self, key: str) -> str:
        try:
            value = str(super().__getitem__(key)).strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise ImproperlyConfigured(
                f"{key}_FILE names a file that can't be read ({problem}). Correct the path, or "
                f"set {key} itself."
            ) from None
        # django-environ takes a leading `$` for a reference to another variable; a secret may
        # begin with one. With `escape_proxy` it undoes this escape and leaves the rest alone.
        return value.replace("$", r"\$")


class Environment(environ.FileAwareEnv):
    """django-environ, with the mistakes told and a few kinds of values of our own."""

    def __init__(self) -> None:
        super().__init__()
        self.ENVIRON = _Variables()
        self.escape_proxy = True

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        try:
            return super().get_value(var, *args, **options)
        except (ValueError, TypeError):
            raise ImproperlyConfigured(
                f"{var} can't be read. See docs/configuration.md for what it takes."
            ) from None

    def positive(self, var: str, default: int) -> int:
        """A whole number from 1."""
        value: int = self.int(var, default=default)
        if value < 1:
            raise ImproperlyConfigured(f"{var} is {value}. Set it to a whole number from 1.")
        return value

    def choice(self, var: str, choices: Sequence[str], default: str) -> str:
        """One of the words."""
        value: str = self.str(var, default=default)
        if value not in choices:
            words = " or ".join(repr(word) for word in choices)
            raise ImproperlyConfigured(f"{var} is {value!r}. Set it to {words}.")
        return value

    def rate(self, var: str, default: str) -> str:
        """A number of requests per time, such as `300/min`."""
        value: str = self.str(var, default=default)
        if not _RATE.fullmatch(value):
            raise ImproperlyConfigured(
                f"{var} is {value!r}. Write it like '300/min' (s, min, hour or day)."
            )
        return value

    def database(self, var: str, default: str) -> dict[str, Any]:
        """A SQLite file or a PostgreSQL database, as Django's settings dictionary."""
        try:
            config: dict[str, Any] = dict(self.db_url(var, default=default))
        except ValueError:  # a port that is none
            config = {}
        engine = str(config.get("ENGINE", "")).rpartition(".")[2]
        named = config.get("NAME") not in ("", None, ":memory:")
        if engine not in ("sqlite3", "postgresql") or not named:
            raise ImproperlyConfigured(
                f"{var} names no database that can be used. Set it to "
                "postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH, or unset it to use "
                "SQLite in the home."
            )
        return config
