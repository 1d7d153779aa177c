"""The command line of `./xm`, without starting anything."""

from __future__ import annotations

import json
from pathlib import Path

import django
import pytest

from tests.processes.installation import Installation
from xmanager.processes.cli import take_home
from xmanager.processes.errors import CommandFailed


@pytest.mark.parametrize(
    ("arguments", "rest"),
    [
        (["--home", "/h", "up", "--port", "1"], ["up", "--port", "1"]),
        (["status", "--home=/h", "--json"], ["status", "--json"]),
        (
            ["create_agent_token", "--name", "n", "--home", "/h"],
            ["create_agent_token", "--name", "n"],
        ),
    ],
)
def test_home_may_stand_anywhere(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], rest: list[str]
) -> None:
    monkeypatch.setenv("XM_HOME", "/elsewhere")
    assert take_home(arguments) == (Path("/h"), rest)


def test_home_without_a_folder_is_refused() -> None:
    with pytest.raises(CommandFailed, match="--home needs a folder"):
        take_home(["up", "--home"])


def test_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = Installation(tmp_path / "file").xm("up")
    assert done.returncode == 1
    assert "is a file. Name a folder with --home DIR." in done.stderr


def test_help_lists_the_commands(tmp_path: Path) -> None:
    done = Installation(tmp_path).xm()
    assert done.returncode == 0
    assert "./xm [--home DIR] COMMAND" in done.stdout


@pytest.mark.parametrize("port", ["0", "65535", "web", "-1"])
def test_port_that_is_none(tmp_path: Path, port: str) -> None:
    done = Installation(tmp_path).xm("up", f"--port={port}")
    assert done.returncode == 2
    assert "give a number from 1 to 65534" in done.stderr


def test_status_before_the_first_start(tmp_path: Path) -> None:
    done = Installation(tmp_path / "home").xm("status")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["web"] == {"url": "http://127.0.0.1:3999", "pid": None, "ok": False}
    assert not (tmp_path / "home").exists()


def test_down_before_the_first_start(tmp_path: Path) -> None:
    done = Installation(tmp_path / "home").xm("down")
    assert (done.returncode, done.stdout) == (0, "X Manager is not running.\n")


def test_logs_before_the_first_start(tmp_path: Path) -> None:
    done = Installation(tmp_path / "home").xm("logs", "web")
    assert done.returncode == 1
    assert "Start with ./xm up." in done.stderr


def test_anything_else_is_a_command_of_manage(tmp_path: Path) -> None:
    done = Installation(tmp_path / "home").xm("version")
    assert (done.returncode, done.stdout.strip()) == (0, django.get_version())


def test_refused_live_start_leaves_the_home_in_its_mode(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    done = installation.xm("up", "--live", "--port", "4899")
    assert done.returncode == 1
    assert "XM_SECRET_KEY is missing. Set it to 50 or more random characters." in done.stderr
    assert "Traceback" not in done.stderr
    assert installation.status()["mode"] == "sandbox"


@pytest.mark.parametrize(("chosen", "status"), [("test_home", 0), ("no_such_test", 5)])
def test_test_exits_as_pytest_does(tmp_path: Path, chosen: str, status: int) -> None:
    arguments = ["tests/settings/test_home.py", "-q", "-p", "no:cacheprovider", "-k", chosen]
    assert Installation(tmp_path).xm("test", *arguments).returncode == status
