"""The project's own `.venv`: made once, and installed anew only when the pins change."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from xmanager.home import PROJECT
from xmanager.processes.errors import CommandFailed

Kind = Literal["base", "dev"]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"


@contextmanager
def locked(folder: Path, waiting: str) -> Iterator[None]:
    """Hold the lock of a folder; says `waiting` if someone else has it. A crash releases it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def requirements(kind: Kind, project: Path = PROJECT) -> Path:
    return project / "requirements" / f"{kind}.txt"


def _wanted(kind: Kind, project: Path, venv: Path) -> str:
    """What the stamp must say: the pins, and the Python they were installed for."""
    digest = hashlib.sha256(requirements(kind, project).read_bytes())
    digest.update((venv / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def _stamps(venv: Path) -> dict[str, Any]:
    try:
        found = json.loads((venv / "xm-stamps.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_ready(kind: Kind, project: Path = PROJECT) -> bool:
    """Whether `.venv` holds exactly these pins (a comparison of hashes, no Python started)."""
    venv = project / ".venv"
    if not (venv / "bin" / "python").exists() or not (venv / "pyvenv.cfg").exists():
        return False
    return _stamps(venv).get(kind) == _wanted(kind, project, venv)


def ensure_environment(kind: Kind, project: Path = PROJECT) -> None:
    """Make `.venv` hold the pinned requirements; quick when it already does."""
    if is_ready(kind, project):
        return
    with locked(project, "Waiting for another ./xm that is setting up .venv …"):
        if is_ready(kind, project):
            return
        venv = project / ".venv"
        if not (venv / "bin" / "python").exists():
            _make(venv)
        _say(f"Installing {requirements(kind, project).relative_to(project)} into .venv …")
        command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--require-hashes"]
        command += ["--disable-pip-version-check", "--no-input", "--quiet", "--progress-bar=off"]
        command += ["-r", str(requirements(kind, project))]
        if subprocess.run(command, check=False).returncode:
            raise CommandFailed(
                "The pinned requirements could not be installed (pip's words are above). Check "
                "the network or the package index that pip is set to, and run this again."
            )
        stamps = {kind: _wanted(kind, project, venv)}
        if kind == "dev":  # the test pins hold all the others, at the same versions
            stamps["base"] = _wanted("base", project, venv)
        replacement = venv / "xm-stamps.json.new"
        replacement.write_text(json.dumps(stamps))
        replacement.replace(venv / "xm-stamps.json")


def _make(venv: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise CommandFailed(
            f"This Python {version} can't make virtual environments: its venv module is missing. "
            f"Install it (on Debian and Ubuntu: `apt install python{version}-venv`) and run this "
            "again."
        )
    _say(f"Making .venv with Python {sys.version.split()[0]} …")
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False)
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        raise CommandFailed(
            f"`{sys.executable} -m venv .venv` failed (its words are above). Put that right and "
            "run this again."
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def child_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment for Django, the worker and the tools: ours, with the home settled."""
    environment = dict(os.environ, XM_HOME=str(home), DJANGO_SETTINGS_MODULE="xmanager.settings")
    environment.update(PYTHONUNBUFFERED="1", **more)
    return environment
