"""Sealers that work at the same time make one chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from accounts import audit
from accounts.events import EventName, record_event
from accounts.principals import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def test_sealers_at_once_make_one_chain(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.XM_HOME = tmp_path
    monkeypatch.setattr(audit, "BATCH", 5)

    def tell_and_seal(worker: int) -> int:
        try:
            sealed = 0
            for number in range(15):
                record_event(
                    EventName.POST_CREATED, actor=SYSTEM, object_type="post", object_id=number
                )
                sealed += audit.seal()
            return sealed
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sealed = sum(pool.map(tell_and_seal, range(4)))
    sealed += audit.seal()
    report = audit.verify()
    assert (report.problem, report.rows, report.unsealed) == ("", 60, 0)
    assert sealed == 60
