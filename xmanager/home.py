"""The home: the one folder an installation writes to (database, keys, media, logs, state).

Standard library only: the `xm` script and the settings both read it before Django exists.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

DEFAULT_PORT = 3999
PROJECT = Path(__file__).resolve().parent.parent


def home_path() -> Path:
    """`XM_HOME`, or `var` beside manage.py."""
    return Path(os.environ.get("XM_HOME") or PROJECT / "var").expanduser().resolve()


def ensure_home(home: Path) -> None:
    """Make the home and its folders, readable by their owner only."""
    for folder in (home, home / "keys", home / "logs", home / "run", home / "media"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_instance(home: Path) -> dict[str, Any]:
    """What `./xm up` wrote down: `{"mode", "port", "sandbox_port"}`; empty before the first up."""
    try:
        found = json.loads((home / "instance.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_instance(home: Path, instance: dict[str, Any]) -> None:
    """Replace `instance.json` in one step, so that no reader sees half of it."""
    ensure_home(home)
    handle, name = tempfile.mkstemp(dir=home, prefix=".instance")
    with os.fdopen(handle, "w") as file:
        json.dump(instance, file, indent=2)
    os.replace(name, home / "instance.json")


def stored_secret(home: Path, name: str, make: Any = secrets.token_urlsafe) -> str:
    """The secret `keys/NAME` of the home (mode 0600), made on first use.

    Two processes may start at once: the file is linked into place, and whoever
    comes second reads what the first one wrote.
    """
    ensure_home(home)
    path = home / "keys" / name
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{name}")
        with os.fdopen(handle, "w") as file:
            file.write(make(48) if make is secrets.token_urlsafe else make())
            file.flush()
            os.fsync(file.fileno())  # tokens encrypted with a key that got lost are lost too
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        os.unlink(temporary)
    return path.read_text().strip()
