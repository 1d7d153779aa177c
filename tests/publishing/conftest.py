from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import Account
from accounts.principals import Principal


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slot=1, username="first", timezone="Europe/Berlin")


@pytest.fixture
def operator() -> Principal:
    return Principal(kind="user", id="7", label="olga")


@pytest.fixture
def folders(home: Path) -> Iterator[Path]:
    """The home, with no media and no imports in it."""
    for name in ("media", "imports"):
        shutil.rmtree(home / name, ignore_errors=True)
    yield home
    for name in ("media", "imports"):
        shutil.rmtree(home / name, ignore_errors=True)
