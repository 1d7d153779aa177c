"""`./xm logs`: the ends of the parts' logs, and what comes after."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import IO

from xmanager.processes.errors import CommandFailed


def show(home: Path, names: list[str], *, lines: int, follow: bool) -> int:
    """Print the last `lines` of each log, then with `follow` what is added, until Ctrl-C."""
    paths = {name: home / "logs" / f"{name}.log" for name in names}
    present = {name: path for name, path in paths.items() if path.exists()}
    if not present and not follow:
        raise CommandFailed(f"No logs in {home / 'logs'} yet. Start with ./xm up.")
    several = len(paths) > 1
    files: dict[str, IO[str]] = {}
    for name, path in present.items():
        files[name] = path.open(errors="replace")
        for line in deque(files[name], maxlen=lines):
            _write(name if several else "", line)
    if follow:
        _follow(paths, files, several)
    return 0


def _follow(paths: dict[str, Path], files: dict[str, IO[str]], several: bool) -> None:
    while True:
        quiet = True
        for name, path in paths.items():
            file = files.get(name)
            if file is not None:
                for line in file:
                    _write(name if several else "", line)
                    quiet = False
            if path.exists() and (file is None or _rotated(file, path)):
                files[name] = path.open(errors="replace")
                quiet = False
        if quiet:
            time.sleep(0.2)


def _rotated(file: IO[str], path: Path) -> bool:
    return os.fstat(file.fileno()).st_ino != path.stat().st_ino


def _write(label: str, line: str) -> None:
    sys.stdout.write(f"[{label}] {line}" if label else line)
    sys.stdout.flush()
