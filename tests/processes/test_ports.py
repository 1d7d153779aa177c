"""Which ports and which mode a start takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.processes.installation import free_port
from xmanager.processes.errors import CommandFailed
from xmanager.processes.ports import choose_instance


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()
        yield listener.getsockname()[1]


def test_sandbox_takes_the_next_port() -> None:
    port = free_port()
    assert choose_instance({}, port=port) == {
        "mode": "sandbox",
        "port": port,
        "sandbox_port": port + 1,
    }


def test_sandbox_gives_way_to_who_has_its_port(taken: int) -> None:
    chosen = choose_instance({}, port=taken - 1)
    assert chosen["sandbox_port"] > taken


def test_taken_port_is_refused_with_a_free_one(taken: int) -> None:
    with pytest.raises(CommandFailed, match=rf"Port {taken} is taken .* ./xm up --port \d+"):
        choose_instance({}, port=taken)


def test_home_keeps_its_ports_and_mode() -> None:
    port, other = free_port(), free_port()
    stored = {"mode": "live", "port": port, "sandbox_port": other}
    assert choose_instance(stored) == stored
    assert choose_instance(stored, port=port) == stored


def test_mode_by_option_then_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {"mode": "sandbox", "port": free_port()}
    assert choose_instance(stored, live=True)["mode"] == "live"
    monkeypatch.setenv("XM_MODE", "live")
    assert choose_instance(stored)["mode"] == "live"
    monkeypatch.setenv("XM_MODE", "production")
    with pytest.raises(CommandFailed, match="Set it to 'sandbox' or 'live'"):
        choose_instance(stored)
