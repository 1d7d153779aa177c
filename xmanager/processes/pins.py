"""`./xm pins [--upgrade]`: writes `requirements/` anew from pyproject.toml, with hashes."""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
from pathlib import Path

from xmanager.home import PROJECT
from xmanager.processes.environment import PYTHON, ensure_environment, requirements
from xmanager.processes.errors import CommandFailed

# Nothing of the machine (an index address, a local folder) may get into the files.
_OPTIONS = ["--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-annotate", "--quiet"]
_OPTIONS += ["--no-header", "--no-emit-index-url", "--no-emit-trusted-host"]
_OPTIONS += ["--no-emit-find-links", "--no-emit-options"]


def write_pins(upgrade: bool) -> int:
    """Pin the production requirements, then those and the tools for tests and lint."""
    ensure_environment("dev")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"])
    _compile(wanted, requirements("base"), upgrade)
    wanted.append(f"-c {requirements('base')}")
    for group in ("test", "lint"):
        wanted += project["dependency-groups"][group]
    _compile(wanted, requirements("dev"), upgrade)
    return 0


def _compile(wanted: list[str], into: Path, upgrade: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "wanted.in"
        source.write_text("\n".join(wanted) + "\n")
        command = [str(PYTHON), "-m", "piptools", "compile", *_OPTIONS]
        command += [*(["--upgrade"] if upgrade else []), "-o", str(into), str(source)]
        if subprocess.run(command, cwd=PROJECT, check=False).returncode:
            raise CommandFailed(f"{into.name} could not be made; pip-compile says why above.")
