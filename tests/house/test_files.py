"""What every file of the project keeps to."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import APPS, dotted, kept, kept_files, our_modules, syntax
from xmanager.home import PROJECT

MOST_LINES = 500
NAMES_THAT_SAY_NOTHING = {"utils.py", "helpers.py", "common.py", "misc.py"}
# Paths of somebody's machine: what lies outside the project differs from one to the next.
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work|mnt|workspace)/[\w.-]+")


@pytest.mark.parametrize("path", kept(".py"), ids=lambda path: str(path.relative_to(PROJECT)))
def test_python_file_is_of_a_size_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
    assert path.name not in NAMES_THAT_SAY_NOTHING


def test_no_path_of_a_machine() -> None:
    found = []
    for path in kept_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(PROJECT)}: {hit[0]}" for hit in MACHINE_PATH.finditer(text)]
    assert found == []


def test_the_search_for_machine_paths_sees_one() -> None:
    somewhere = "/" + "/".join(["home", "somebody", "file"])
    assert MACHINE_PATH.search(f"see {somewhere}")
    assert not MACHINE_PATH.search("https://x.com/home/somebody and ./home/x")


def test_git_keeps_all_of_our_source() -> None:
    """An ignore rule that is too wide drops a package from the next clone."""
    on_disk = {path for app in (*APPS, "tests") for path in (PROJECT / app).rglob("*.py")}
    assert sorted(str(path.relative_to(PROJECT)) for path in on_disk - set(kept_files())) == []


@pytest.mark.parametrize(
    "name", ["var/xmanager.sqlite3", "x.sqlite3-wal", "tls.pem", "a.key", ".env", ".env.live"]
)
def test_git_ignores_what_is_private(name: str) -> None:
    asked = subprocess.run(["git", "check-ignore", "-q", name], cwd=PROJECT, check=False)  # noqa: S607
    assert asked.returncode == 0


def test_nothing_is_skipped_in_silence() -> None:
    """`skip` and `xfail` say why."""
    silent = []
    for path in kept(".py"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "pytest.skip",
                "pytest.xfail",
                "pytest.mark.skip",
                "pytest.mark.skipif",
                "pytest.mark.xfail",
            ):
                words = [k.arg for k in node.keywords] + ["reason"] * (
                    ast.unparse(node.func) in ("pytest.skip", "pytest.xfail") and bool(node.args)
                )
                if "reason" not in words:
                    silent.append(f"{path.name}:{node.lineno}")
    assert silent == []


def test_the_pinned_python_is_in_the_supported_range() -> None:
    pinned = (PROJECT / ".python-version").read_text().strip()
    assert re.fullmatch(r"3\.1[1-4](\.\d+)?", pinned)


def test_modules_of_the_apps_have_names_of_their_own() -> None:
    """A module beside a package of the same name hides one of the two."""
    names = [dotted(path) for path in our_modules()]
    assert len(names) == len(set(names))
