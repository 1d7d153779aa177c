"""Names of workers: which machine, which home, which process."""

from __future__ import annotations

import hashlib
import os
import socket

from django.conf import settings


def instance_name() -> str:
    """Machine and home: what one `run_engine` answers for."""
    home = hashlib.sha256(str(settings.XM_HOME).encode()).hexdigest()[:8]
    return f"{socket.gethostname()[:60]}/{home}"


def worker_name() -> str:
    """This process."""
    return f"{instance_name()}/{os.getpid()}"


def is_lost(worker: str) -> bool:
    """True if it was a process of this machine and home, and that process is gone."""
    prefix, _, pid = worker.rpartition("/")
    if prefix != instance_name() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
