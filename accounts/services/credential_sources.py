"""Credentials as people hand them over: named values from a file, the environment or options."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from accounts.errors import InvalidError
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials

OAUTH1_NAMES = ("X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET")
OAUTH2_NAMES = (
    "X_CLIENT_ID", "X_CLIENT_SECRET", "X_OAUTH2_ACCESS_TOKEN", "X_OAUTH2_REFRESH_TOKEN",
)  # fmt: skip
NAMES = OAUTH1_NAMES + OAUTH2_NAMES
# A public client has no secret; without offline.access X gives no refresh token.
OPTIONAL = frozenset({"X_CLIENT_SECRET", "X_OAUTH2_REFRESH_TOKEN"})
MAX_FILE_BYTES = 64 * 1024


def credentials_from(values: Mapping[str, str]) -> OAuth1Credentials | OAuth2Credentials:
    """The one set of credentials in `values` (names as in NAMES, others are ignored).

    InvalidError when none is there, one is incomplete (saying what is missing) or both are.
    """
    given = {name: values[name].strip() for name in NAMES if values.get(name, "").strip()}
    for name, value in given.items():
        if any(character.isspace() or not character.isprintable() for character in value):
            raise InvalidError.of(
                name, "invalid", f"{name} contains a space or an unprintable character."
            )
    first, second = (
        [name for name in names if name in given] for names in (OAUTH1_NAMES, OAUTH2_NAMES)
    )
    if first and second:
        raise InvalidError(
            "credentials_mixed",
            f"There are OAuth 1.0a values ({', '.join(first)}) and OAuth 2.0 values "
            f"({', '.join(second)}). Give one set only.",
        )
    wanted = OAUTH1_NAMES if first else OAUTH2_NAMES
    missing = [name for name in wanted if name not in given and name not in OPTIONAL]
    if not given:
        raise InvalidError(
            "credentials_missing",
            f"There are no credentials. Give {', '.join(OAUTH1_NAMES)} (OAuth 1.0a), or "
            f"{', '.join(OAUTH2_NAMES)} (OAuth 2.0).",
        )
    if missing:
        kind = "OAuth 1.0a" if first else "OAuth 2.0"
        raise InvalidError(
            "credentials_incomplete",
            f"The {kind} credentials are incomplete: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
        )
    if first:
        return OAuth1Credentials(*(given[name] for name in OAUTH1_NAMES))
    return OAuth2Credentials(
        client_id=given["X_CLIENT_ID"],
        client_secret=given.get("X_CLIENT_SECRET"),
        access_token=given["X_OAUTH2_ACCESS_TOKEN"],
        refresh_token=given.get("X_OAUTH2_REFRESH_TOKEN"),
    )


def values_from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The named values of the environment; each may also come from the file in `NAME_FILE`."""
    values = {}
    for name in NAMES:
        if environment.get(name):
            values[name] = environment[name]
        elif environment.get(f"{name}_FILE"):
            values[name] = _read(Path(environment[f"{name}_FILE"]), f"{name}_FILE")
    return values


def values_from_file(path: Path) -> dict[str, str]:
    """The named values of a file: a JSON object, or lines of `NAME=value` (quotes optional)."""
    text = _read(path, "file")
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise InvalidError.of("file", "invalid", f"{path} is no JSON: {error}.") from None
        return {str(key): str(value) for key, value in found.items() if value is not None}
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip().removeprefix("export ")
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals:
            raise InvalidError.of(
                "file", "invalid", f"{path}, line {number}: write it as NAME=value."
            )
        values[name.strip()] = value.strip().strip("\"'")
    return values


def _read(path: Path, field: str) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidError.of(field, "too_large", f"{path} is too large for credentials.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidError.of(
            field, "unreadable", f"{path} can't be read: {error.strerror}."
        ) from None
    except UnicodeDecodeError:
        raise InvalidError.of(field, "invalid", f"{path} is no UTF-8 text.") from None
