"""The commands of `./xm`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from xmanager.home import PROJECT, home_path
from xmanager.processes import logs, pins, quality
from xmanager.processes.environment import PYTHON, child_environment, ensure_environment
from xmanager.processes.errors import CommandFailed
from xmanager.processes.ports import HIGHEST
from xmanager.processes.status import PARTS, is_up, status
from xmanager.processes.up import down, manager_is_missing, up

USAGE = """\
Usage: ./xm [--home DIR] COMMAND …

  demo                  start everything and watch it work, against the sandbox X server
  test [--deep] …       run the tests (…: pytest's options)
  up [--port N] [--live]  start web, worker and sandbox X server; in live mode no sandbox
  status                what is up, as JSON; exit 0 only if everything is
  logs [web|worker|sandbox] [-f] [-n LINES]
  down                  stop everything
  lint                  every check on the code
  bench [NAME]          measure
  pins [--upgrade]      write requirements/ anew from pyproject.toml
  ANYTHING ELSE …       is manage.py ANYTHING ELSE … (./xm help --commands lists them)

The home (database, keys, media, logs) is --home, or XM_HOME, or ./var.
"""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    try:
        home, rest = take_home(arguments)
        os.environ["XM_HOME"] = str(home)
        return _dispatch(home, rest)
    except CommandFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def take_home(arguments: list[str]) -> tuple[Path, list[str]]:
    """Find `--home DIR` wherever it stands; the home, and the arguments without it."""
    rest: list[str] = []
    found = None
    words = iter(arguments)
    for word in words:
        if word == "--home":
            found = next(words, "")
        elif word.startswith("--home="):
            found = word.partition("=")[2]
        else:
            rest.append(word)
            continue
        if not found:
            raise CommandFailed("--home needs a folder: ./xm --home DIR COMMAND")
    if found:
        os.environ["XM_HOME"] = found
    home = home_path()
    if home.exists() and not home.is_dir():
        raise CommandFailed(f"The home {home} is a file. Name a folder with --home DIR.")
    return home, rest


def _dispatch(home: Path, arguments: list[str]) -> int:
    command, *rest = arguments or ["help"]
    if command in ("help", "--help", "-h") and not rest:
        print(USAGE, end="")
        return 0
    match command:
        case "up":
            options = _up_options(rest)
            return up(home, port=options.port, live=options.live)
        case "demo":
            options = _up_options(rest)
            failed = up(home, port=options.port, live=options.live)
            return failed or _manage(home, ["demo"])
        case "down":
            _parser("down").parse_args(rest)
            return down(home)
        case "status":
            return _status(home, rest)
        case "logs":
            return _logs(home, rest)
        case "test":
            return quality.test(rest)
        case "bench":
            return quality.bench(rest)
        case "lint":
            _parser("lint").parse_args(rest)
            return quality.lint()
        case "pins":
            parser = _parser("pins")
            parser.add_argument("--upgrade", action="store_true", help="take newer versions")
            return pins.write_pins(parser.parse_args(rest).upgrade)
    return _manage(home, arguments)


def _manage(home: Path, arguments: list[str]) -> NoReturn:
    ensure_environment("base")
    command = [str(PYTHON), str(PROJECT / "manage.py"), *arguments]
    os.execve(command[0], command, child_environment(home))


def _parser(command: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./xm {command}", allow_abbrev=False)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) < HIGHEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 1 to 65534")
    return int(text)


def _up_options(arguments: list[str]) -> argparse.Namespace:
    parser = _parser("up")
    parser.add_argument("--port", type=_port, help="the web's port (default 3999)")
    parser.add_argument("--live", action="store_true", help="talk to the real X")
    return parser.parse_args(arguments)


def _status(home: Path, arguments: list[str]) -> int:
    parser = _parser("status")
    parser.add_argument("--json", action="store_true", help="the answer is JSON in any case")
    parser.parse_args(arguments)
    found = status(home)
    print(json.dumps(found, indent=2))
    missing = manager_is_missing(home)
    if missing:
        print(missing, file=sys.stderr)
    return 0 if is_up(found) and not missing else 1


def _logs(home: Path, arguments: list[str]) -> int:
    parser = _parser("logs")
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines are added")
    parser.add_argument("-n", "--lines", type=int, default=100, help="how many lines to begin with")
    options = parser.parse_args(arguments)
    names = [options.part] if options.part else list(PARTS)
    return logs.show(home, names, lines=max(0, options.lines), follow=options.follow)
