"""Loads the settings in a process of their own, with an environment of the test's."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xmanager.home import PROJECT

STRONG_SECRET = "dGhpcyBpcyBhIGxvbmcgc2VjcmV0IGZvciB0ZXN0cyBvbmx5IQ-1234"
FERNET_KEY = base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").decode()
_PRINT = """
import json, sys
from django.core.exceptions import ImproperlyConfigured
try:
    from xmanager import settings
except ImproperlyConfigured as problem:
    sys.exit(str(problem))
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "XM_HOME": str(home), **variables}


def live_environment(home: Path, **changes: str | None) -> dict[str, str]:
    """A complete live environment, with `changes` made (None takes a variable out)."""
    complete: dict[str, str | None] = {
        "XM_MODE": "live",
        "XM_SECRET_KEY": STRONG_SECRET,
        "FIELD_ENCRYPTION_KEY": FERNET_KEY,
        "XM_PUBLIC_URL": "https://xm.example",
    }
    complete.update(changes)
    return environment(home, **{name: value for name, value in complete.items() if value})


@dataclass(frozen=True)
class Loaded:
    """`values` of the settings asked for; or why they couldn't be loaded."""

    values: dict[str, Any]
    error: str


def load_settings(variables: dict[str, str], *names: str) -> Loaded:
    done = subprocess.run(
        [sys.executable, "-c", _PRINT, *names],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Loaded({}, done.stderr)
    return Loaded(json.loads(done.stdout), "")
