"""Each check of the readiness: what turns it red, and that it says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account, AccountSecret
from accounts.states import AccountStatus
from execution.models import WorkerHeartbeat
from xmanager import readiness
from xmanager.readiness import is_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def heartbeat(accounts) -> WorkerHeartbeat:
    now = timezone.now()
    return WorkerHeartbeat.objects.create(
        name="w", pid=1, started_at=now - timedelta(hours=1), seen_at=now, drained_at=now
    )


def red() -> dict[str, readiness.Check]:
    return {check.check: check for check in readiness.readiness() if not check.ok}


def test_all_is_well(heartbeat) -> None:
    assert is_ready(readiness.readiness())
    answer = APIClient().get("/api/system/readiness")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_a_worker_that_was_not_seen(heartbeat) -> None:
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    assert "last seen" in red()["worker"].cause


def test_a_worker_that_nothing_reaches(heartbeat) -> None:
    WorkerHeartbeat.objects.update(drained_at=timezone.now() - timedelta(seconds=61))
    assert "queue" in red()["worker"].cause


def test_a_worker_that_has_only_begun_is_given_its_time(heartbeat) -> None:
    WorkerHeartbeat.objects.update(started_at=timezone.now(), drained_at=None)
    assert red() == {}


def test_an_account_to_reconnect_is_named(heartbeat) -> None:
    Account.objects.filter(slot=2).update(status=AccountStatus.RECONNECT_NEEDED)
    assert "@acme2" in red()["accounts"].cause


def test_no_account(heartbeat) -> None:
    Account.objects.all().delete()
    assert "connect_account" in red()["accounts"].next_step


def test_a_secret_that_no_key_opens_names_its_account(heartbeat, accounts) -> None:
    AccountSecret.objects.create(account=accounts[1], access_token="kept")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_accountsecret SET access_token = 'broken'")
    assert "@acme2" in red()["keys"].cause
    assert "@acme1" not in red()["keys"].cause
    assert "kept" not in str(red())


def test_a_broker_that_does_not_answer(heartbeat, monkeypatch) -> None:
    def away() -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(readiness, "get_broker", away)
    assert "refused" in red()["broker"].cause


def test_strangers_learn_nothing_of_the_cause(heartbeat) -> None:
    Account.objects.update(status=AccountStatus.RECONNECT_NEEDED, status_reason="revoked")
    answer = APIClient().get("/api/system/readiness")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
