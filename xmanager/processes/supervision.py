"""The process manager: supervisord, its configuration for one home, and a line to it.

It starts a part again when it ends, keeps its log, and stops its whole process group.
"""

from __future__ import annotations

import getpass
import hashlib
import http.client
import os
import shlex
import socket
import stat
import subprocess
import tempfile
import time
import xmlrpc.client
from pathlib import Path
from typing import Any, cast

from xmanager.home import PROJECT
from xmanager.processes.environment import PYTHON, child_environment
from xmanager.processes.errors import CommandFailed
from xmanager.processes.records import is_alive, read_record, write_record

MANAGER = "manager"
# The system allows 104 to 108 bytes, and supervisord binds a longer name first.
LONGEST_SOCKET_PATH = 90


def socket_path(home: Path) -> Path:
    """The manager's socket: in the home, or where that path is too long, in the temp folder."""
    path = home / "run" / "supervisor.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    home_hash = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"xm-{os.getuid()}-{home_hash}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    if owner.st_uid != os.getuid() or not stat.S_ISDIR(owner.st_mode) or owner.st_mode & 0o077:
        raise CommandFailed(
            f"{folder} is needed for the process manager's socket but belongs to someone else. "
            "Choose a home with a shorter path (--home)."
        )
    return folder / "supervisor.sock"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self._path)


def call(home: Path, method: str, *arguments: Any) -> Any:
    """One call of supervisord's API, for example `getProcessInfo`; OSError if it isn't there."""
    with xmlrpc.client.ServerProxy(
        "http://localhost", transport=_Transport(socket_path(home)), allow_none=True
    ) as server:
        return getattr(server.supervisor, method)(*arguments)


def manager_answers(home: Path) -> bool:
    try:
        call(home, "getPID")
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return False
    return True


def part_states(home: Path) -> dict[str, dict[str, Any]]:
    """What the manager says of each part: `statename`, `pid`, `description`."""
    infos = cast(list[dict[str, Any]], call(home, "getAllProcessInfo"))
    return {info["name"]: info for info in infos}


def _program(home: Path, name: str, command: list[str], *, at_once: bool) -> str:
    line = shlex.join([str(PYTHON), "-m", "xmanager.processes.part", str(home), name, *command])
    settings = {
        "command": line,
        "directory": str(PROJECT),
        "autostart": str(at_once).lower(),
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "100000",
        "stopwaitsecs": "20",  # more than the web server's or a drain's own patience
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"logs/{name}.log",
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "5",
    }
    return _section(f"program:{name}", settings)


def _section(title: str, settings: dict[str, str]) -> str:
    lines = [f"{key} = {value.replace('%', '%%')}" for key, value in settings.items()]
    return "\n".join([f"[{title}]", *lines, "", ""])


def configuration(home: Path, instance: dict[str, Any]) -> str:
    """supervisord's configuration. The sandbox starts with it, the others after the boot.

    Log paths are relative to the home, where supervisord is started: it expands `%` in them
    twice, so that a home with one in its name could not be written otherwise.
    """
    gunicorn = [str(PYTHON), "-m", "gunicorn", "-c", "python:xmanager.processes.gunicorn_conf"]
    text = _section("unix_http_server", {"file": str(socket_path(home)), "chmod": "0700"})
    text += _section(
        "supervisord",
        {
            "logfile": "logs/supervisord.log",
            "logfile_maxbytes": "1MB",
            "logfile_backups": "2",
            "pidfile": "run/supervisord.pid",
            "childlogdir": "logs",
            "identifier": "xmanager",
            "umask": "077",
        },
    )
    text += _section(
        "rpcinterface:supervisor",
        {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
    )
    if instance["mode"] == "sandbox":
        sandbox = ["--home", str(home), "--port", str(instance["sandbox_port"])]
        sandbox = [str(PYTHON), "-m", "accounts.x.sandbox", *sandbox]
        text += _program(home, "sandbox", sandbox, at_once=True)
    text += _program(home, "web", [*gunicorn, "xmanager.wsgi:application"], at_once=False)
    worker = [str(PYTHON), str(PROJECT / "manage.py"), "run_engine"]
    return text + _program(home, "worker", worker, at_once=False)


def start_manager(home: Path, instance: dict[str, Any]) -> None:
    """Write the configuration and start supervisord on it, in the background."""
    config = home / "run" / "supervisord.conf"
    config.write_text(configuration(home, instance))
    config.chmod(0o600)
    started = subprocess.run(
        [str(PYTHON), "-P", "-m", "supervisor.supervisord", "-c", str(config)],
        cwd=home,
        env=child_environment(home, XM_MODE=instance["mode"], USER=getpass.getuser()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    deadline = time.monotonic() + 20
    while not manager_answers(home):
        if started.returncode or time.monotonic() > deadline:
            raise CommandFailed(
                "The process manager didn't start: "
                f"{(started.stderr or started.stdout).strip() or 'no word from it'}. "
                f"Its log: {home / 'logs' / 'supervisord.log'}"
            )
        time.sleep(0.02)
    write_record(home, MANAGER, call(home, "getPID"))


def manager_is_alive(home: Path) -> bool:
    """Whether the manager's process runs, be it that its socket answers or not."""
    return is_alive(read_record(home, MANAGER))
