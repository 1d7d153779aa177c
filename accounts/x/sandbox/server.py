"""The HTTP server: reads a request, finds its operation, lets faults strike, answers."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
import struct
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import auth, control, problems, routes, tokens
from .core import Sandbox
from .wire import ApiError, Call, Response

MAX_BODY = 32 * 1024 * 1024
NEVER_S = 600  # how long a call that gets no answer is held open


class Server(ThreadingHTTPServer):
    """One thread per connection; they die with the process."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is no news
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; each answer leaves in one write."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    _body = b""

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the ledger is the log."""

    def _serve(self) -> None:
        sandbox = self.server.sandbox
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            return self._refuse_body(411)
        if int(length) > MAX_BODY:
            return self._refuse_body(413)
        raw = self.rfile.read(int(length))
        host = self.headers.get("Host") or "127.0.0.1"
        call = Call(
            self.command, self.path, self.headers, raw,
            f"http://{host.removesuffix(':80')}".lower(),  # RFC 5849: no default port
            self.client_address[0],
        )  # fmt: skip
        if call.path.startswith("/_sandbox/"):
            return self._write(control.answer(sandbox, call))
        return self._operate(sandbox, call)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve

    def _refuse_body(self, status: int) -> None:
        self.close_connection = True
        self._write(Response(status, problems.blank(status)))

    def _operate(self, sandbox: Sandbox, call: Call) -> None:
        route, known = routes.find(call)
        if route is None:
            status = 405 if known else 404
            return self._write(Response(status, problems.blank(status)))
        operation = route.name(call)
        refusal: ApiError | None = None
        account = None
        try:
            if route.kinds:
                call.principal = sandbox.auth.principal(call)
                account = call.principal.account
                auth.authorize(call.principal, route.kinds, route.scopes, route.level)
            else:
                account = tokens.refreshing_account(sandbox, call)
        except ApiError as error:
            refusal = error
        if sandbox.settings["latency_ms"]:
            time.sleep(sandbox.settings["latency_ms"] / 1000)
        fault = sandbox.faults.match(operation, account)
        if fault is None:
            return self._write(run(sandbox, call, route, operation, refusal))
        return self._struck(fault, lambda: run(sandbox, call, route, operation, refusal))

    def _struck(self, fault: dict[str, Any], do: Any) -> None:
        """Answer, or not, as the fault says."""
        mode = fault["mode"]
        planned = Response(
            fault["status"],
            problems.for_status(fault["status"]) if fault["body"] is None else fault["body"],
            {str(name): str(value) for name, value in fault["headers"].items()},
        )
        if mode == "slow":
            done = do()
            self._pause(fault["delay_ms"] / 1000)
            return self._write(done)
        if mode == "late_commit":
            timer = threading.Timer(fault["delay_ms"] / 1000, do)
            timer.daemon = True
            timer.start()
            return self._write(planned)
        done = do() if mode.endswith("_after") else None
        if mode in {"status", "status_after"}:
            return self._write(planned)
        if mode.startswith("timeout"):
            self._pause(NEVER_S)
        elif mode.startswith("reset"):
            return self._reset()
        elif mode == "garbage_after" and done is not None:
            text = '{"data":{"id":' if fault["body"] is None else fault["body"]
            return self._write(
                Response(done.status, text, planned.headers, "application/json; charset=utf-8")
            )
        elif mode == "truncate_after" and done is not None:
            self._write(done, half=True)
        self.close_connection = True
        return None

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the client stays or the sandbox lives."""
        until = time.monotonic() + seconds
        stopping = self.server.sandbox.stopping
        while not stopping.is_set() and (left := until - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.25))
            if readable:
                with contextlib.suppress(OSError):
                    if self.connection.recv(1, socket.MSG_PEEK):
                        time.sleep(min(left, 0.05))
                        continue
                return

    def _reset(self) -> None:
        """Close so that the client gets a reset instead of an orderly end."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())

    def _write(self, response: Response, *, half: bool = False) -> None:
        body, kind = response.encoded()
        self.send_response(response.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-transaction-id", secrets.token_hex(8))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if self.command == "HEAD":
            body = b""
        # Held back by `flush_headers` below, so that head and body leave as one segment.
        self._body = body[: len(body) // 2] if half else body
        self.end_headers()

    def flush_headers(self) -> None:
        """Send the buffered head together with the body."""
        self._headers_buffer: list[bytes]
        self._headers_buffer.append(self._body)
        self._body = b""
        super().flush_headers()


# X tells users of OAuth 1.0a tokens with every answer what the token may do.
_ACCESS_LEVELS = {
    "read": "read", "read-write": "read-write", "read-write-dm": "read-write-directmessages",
}  # fmt: skip


def run(
    sandbox: Sandbox, call: Call, route: routes.Route, operation: str, refusal: ApiError | None
) -> Response:
    """Count the call against its limits and do it. Never raises."""
    headers: dict[str, str] = {}
    try:
        if call.principal is not None and (refusal is None or refusal.status != 401):
            headers = sandbox.limiter.count(operation, call.principal)
            if call.principal.kind == "oauth1" and call.principal.account is not None:
                headers["x-access-level"] = _ACCESS_LEVELS[call.principal.account["permission"]]
        if refusal is not None:
            raise refusal
        _check_query(call, route)
        response = route.handler(sandbox, call)
    except ApiError as error:
        response = Response(error.status, error.body, error.headers)
    except Exception:
        traceback.print_exc()
        response = Response(500, problems.blank(500))
    response.headers = headers | response.headers
    return response


def _check_query(call: Call, route: routes.Route) -> None:
    for name, _ in call.query_pairs:
        if name not in route.query:
            allowed = ",".join(sorted(route.query))
            message = f"The query parameter [{name}] is not one of [{allowed}]"
            raise ApiError(400, problems.invalid_parameter(name, call.query[name], message))
