"""Which ports the parts listen on."""

from __future__ import annotations

import os
import socket
from typing import Any

from xmanager.home import DEFAULT_PORT
from xmanager.processes.errors import CommandFailed

HIGHEST = 65535


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_instance(
    stored: dict[str, Any], *, port: int | None = None, live: bool = False
) -> dict[str, Any]:
    """What this start runs as: `{"mode", "port", "sandbox_port"}`.

    Options come first, then the environment (`XM_MODE`), then what the home was last started
    with. The sandbox takes the port after the web's, or the next free one.
    """
    mode = "live" if live else os.environ.get("XM_MODE") or stored.get("mode", "sandbox")
    if mode not in ("sandbox", "live"):
        raise CommandFailed(f"XM_MODE is {mode!r}. Set it to 'sandbox' or 'live', or unset it.")
    chosen = port or stored.get("port", DEFAULT_PORT)
    if not is_free(chosen):
        raise CommandFailed(
            f"Port {chosen} is taken by another program. Stop that one, or choose another port: "
            f"./xm up --port {_next_free(chosen + 1)}"
        )
    wanted = stored.get("sandbox_port") if stored.get("port") == chosen else None
    if not isinstance(wanted, int) or not is_free(wanted):
        wanted = _next_free(chosen + 1)
    return {"mode": mode, "port": chosen, "sandbox_port": wanted}


def _next_free(port: int) -> int:
    for candidate in range(port, min(port + 200, HIGHEST + 1)):
        if is_free(candidate):
            return candidate
    raise CommandFailed(f"No free port after {port - 1}. Choose another with ./xm up --port N.")
