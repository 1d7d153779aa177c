"""What live mode refuses to start with, each as one sentence that says what to set."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MIN_SECRET_LENGTH = 50
MIN_DISTINCT = 5


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False


def _plain_http_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in LOOPBACK


def live_mode_problems(
    *,
    live: bool,
    debug: bool,
    secret_keys: list[str],
    field_keys: list[str],
    public_url: str,
    x_base_url: str,
    allowed_hosts: list[str],
    home: Path,
) -> list[str]:
    """The reasons not to start, empty when there are none."""
    problems = []
    addresses = {"XM_PUBLIC_URL": public_url, "X_API_BASE_URL": x_base_url}
    for name, url in addresses.items():
        if not _is_web_address(url):
            problems.append(f"{name} is {url!r}. Write a whole address, like https://xm.example")
    if problems:
        return problems
    if any(not _is_fernet_key(key) for key in field_keys):
        problems.append(
            "FIELD_ENCRYPTION_KEY holds something that is no Fernet key. Make one with "
            '`python -c "import base64,os; '
            'print(base64.urlsafe_b64encode(os.urandom(32)).decode())"`.'
        )
    if not live:
        if urlsplit(x_base_url).hostname not in LOOPBACK:
            problems.append(
                f"X_API_BASE_URL is {x_base_url}, but sandbox mode talks to a server on this "
                "machine only. Unset it, or set XM_MODE=live."
            )
        return problems
    if not secret_keys:
        problems.append("XM_SECRET_KEY is missing. Set it to 50 or more random characters.")
    elif any(len(key) < MIN_SECRET_LENGTH or len(set(key)) < MIN_DISTINCT for key in secret_keys):
        problems.append("XM_SECRET_KEY is too weak. Set it to 50 or more random characters.")
    if not field_keys:
        problems.append(
            "FIELD_ENCRYPTION_KEY is missing. X tokens are encrypted with it: set a Fernet key "
            "and keep a copy of it."
        )
    if debug:
        problems.append("XM_DEBUG is on. Unset it: error pages would show secrets.")
    for name, url in addresses.items():
        if _plain_http_outside(url):
            problems.append(
                f"{name} is {url}. Use https:// (plain http is accepted on loopback only)."
            )
    if "*" in allowed_hosts:
        problems.append(
            "XM_ALLOWED_HOSTS is '*', which accepts requests under any name. List the names that "
            "people use, comma-separated."
        )
    if home.exists() and stat.S_IMODE(os.stat(home).st_mode) & stat.S_IRWXO:
        problems.append(f"The home {home} can be read by everyone. Run: chmod o-rwx {home}")
    return problems
