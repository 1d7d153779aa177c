"""`.venv` is made once, by one at a time, and anew when the pins change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xmanager.home import PROJECT
from xmanager.processes import environment
from xmanager.processes.environment import ensure_environment, is_ready
from xmanager.processes.errors import CommandFailed

_SET_UP = "import sys; from pathlib import Path; from xmanager.processes.environment import *; "
_SET_UP += "ensure_environment('base', Path(sys.argv[1]))"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("# nothing\n")
    return tmp_path


def test_two_at_once_make_one_environment(project: Path) -> None:
    command = [sys.executable, "-c", _SET_UP, str(project)]
    both = [
        subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    words = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Making .venv" in word for word in words) == 1
    assert is_ready("base", project)

    (project / "requirements" / "base.txt").write_text("# a change\n")
    assert not is_ready("base", project)

    (project / "requirements" / "base.txt").write_text("requests==2.0.0\n")  # has no hash
    with pytest.raises(CommandFailed, match="could not be installed"):
        ensure_environment("base", project)
    assert not is_ready("base", project)


def test_python_without_venv_says_what_to_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(CommandFailed, match=f"apt install python{version}-venv"):
        ensure_environment("base", project)
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("name", ["base", "dev"])
def test_pins_name_no_place_and_have_hashes(name: str) -> None:
    lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = [line for line in lines if line and line[0] not in " #"]
    assert pins
    assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == []
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_test_pins_hold_the_production_ones() -> None:
    def pins(name: str) -> set[str]:
        lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split()[0] for line in lines if line and line[0] not in " #"}

    assert pins("base") <= pins("dev")
