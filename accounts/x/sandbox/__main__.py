"""`python -m accounts.x.sandbox --home DIR --port N`: run the sandbox X server."""

from __future__ import annotations

import argparse
import errno
import fcntl
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from .core import Sandbox
from .server import Server
from .world import World

PORT_TAKEN = 3
HOME_TAKEN = 4


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    options = _options(argv)
    folder = options.home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Another sandbox X server already runs in {folder}.", file=sys.stderr)
        return HOME_TAKEN
    overrides: dict[str, Any] = {}
    if options.quiet_world:
        overrides["quiet_world"] = True
    if options.latency_ms is not None:
        overrides["latency_ms"] = options.latency_ms
    if options.rate_limits is not None:
        overrides["rate_limits"] = options.rate_limits
    sandbox = Sandbox(options.home, overrides)
    try:
        server = Server((options.host, options.port), sandbox)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(
            f"Port {options.port} on {options.host} is taken; stop what uses it or give "
            "another with --port.",
            file=sys.stderr,
        )
        return PORT_TAKEN
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    World(sandbox).start()
    host, port = server.server_address[:2]
    print(f"Sandbox X server on http://{host!s}:{port}", flush=True)
    stop.wait()
    sandbox.stopping.set()
    server.shutdown()
    server.server_close()
    with sandbox.store.lock:  # let a transaction under way end
        sandbox.store.close()
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m accounts.x.sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="state is kept in HOME/sandbox")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quiet-world", action="store_true", help="nobody writes by themselves")
    parser.add_argument("--latency-ms", type=int, default=None, help="added to every answer")
    parser.add_argument("--rate-limits", choices=("real", "off"), default=None)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
