"""The project's own files, as git would keep them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

from xmanager.home import PROJECT

APPS = ("accounts", "policy", "execution", "publishing", "engagement", "campaigns", "xmanager")


@cache
def kept_files() -> tuple[Path, ...]:
    """What is committed or would be with `git add .`; all files where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    names = {name for name in listed.stdout.decode().split("\0") if name}
    return tuple(sorted(PROJECT / name for name in names if (PROJECT / name).is_file()))


def kept(*suffixes: str) -> list[Path]:
    return [path for path in kept_files() if path.suffix in suffixes]


def our_modules() -> list[Path]:
    """The Python files of the apps."""
    return [path for path in kept(".py") if path.relative_to(PROJECT).parts[0] in APPS]


def dotted(path: Path) -> str:
    """`accounts/x/client.py` as `accounts.x.client`."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions, with relative ones resolved."""
    package = dotted(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found
