"""`./xm test`, `./xm lint` and `./xm bench`."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

from xmanager.home import PROJECT
from xmanager.processes.environment import PYTHON, VENV, child_environment, ensure_environment


def _pytest(arguments: list[str]) -> NoReturn:
    ensure_environment("dev")
    os.chdir(PROJECT)
    os.execv(str(PYTHON), [str(PYTHON), "-m", "pytest", *arguments])


def test(arguments: list[str]) -> int:
    """Run the tests; `--deep` adds the long ones, all else is pytest's."""
    rest = [argument for argument in arguments if argument != "--deep"]
    return _pytest([*(["-m", "not bench"] if "--deep" in arguments else []), *rest])


def bench(arguments: list[str]) -> int:
    """Run the measurements, all or those whose name holds the word given."""
    chosen = ["-k", arguments[0], *arguments[1:]] if arguments else []
    return _pytest(["-m", "bench", "-s", "-p", "no:xdist", *chosen])


def lint() -> int:
    """Run every check on the code; names those that failed."""
    ensure_environment("dev")
    python, manage = str(PYTHON), [str(PYTHON), "manage.py"]
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    with tempfile.TemporaryDirectory() as folder:
        sandbox = child_environment(Path(folder) / "sandbox", XM_MODE="sandbox")
        live = _live_environment(Path(folder) / "live")
        checks = [
            ("ruff check", [python, "-m", "ruff", "check", "."], sandbox),
            ("ruff format", [python, "-m", "ruff", "format", "--check", "."], sandbox),
            ("mypy", [python, "-m", "mypy", "."], sandbox),
            ("import contracts", [str(VENV / "bin" / "lint-imports")], sandbox),
            ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], sandbox),
            ("check --deploy (sandbox)", [*manage, *deploy], sandbox),
            ("check --deploy (live)", [*manage, *deploy], live),
        ]
        failed = []
        for name, command, environment in checks:
            print(f"── {name}", flush=True)
            if subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode:
                failed.append(name)
    print(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def _live_environment(home: Path) -> dict[str, str]:
    """What a real live installation would set, with secrets that live for this one check."""
    return child_environment(
        home,
        XM_MODE="live",
        XM_SECRET_KEY=secrets.token_urlsafe(48),
        FIELD_ENCRYPTION_KEY=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        XM_PUBLIC_URL="https://xm.example",
    )
