"""What every test gets. The environment and the home are made in `tests/django_settings.py`,
which pytest-django loads before this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache


@pytest.fixture
def home() -> Path:
    """The temporary home that this test process's settings point to."""
    from django.conf import settings

    return Path(settings.XM_HOME)


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Throttle counts live in the cache: no test may use up another's allowance."""
    yield
    cache.clear()
