"""One sandbox process for these tests, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .client import Caller
from .process import SandboxProcess


@pytest.fixture(scope="session")
def server_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def server(server_process: SandboxProcess) -> SandboxProcess:
    server_process.reset()
    return server_process


@pytest.fixture
def acme(server: SandboxProcess) -> Caller:
    return Caller(server)


@pytest.fixture
def northwind(server: SandboxProcess) -> Caller:
    return Caller(server, "northwind")
