"""Several real processes and one single-use refresh token."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Account, AccountSecret, Event
from accounts.services.credentials import client_for, refresh_after_401
from tests.sandbox.process import SandboxProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return (
        f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}"
        f"/{found['NAME']}"
    )


def refresher(x: SandboxProcess, *words: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "xmanager.settings",
        "XM_HOME": str(settings.XM_HOME),
        "DATABASE_URL": database_url(),
        "X_API_BASE_URL": x.url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.accounts.refreshing", *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_processes_that_renew_at_once_use_one_refresh(x: SandboxProcess, acme2: Account) -> None:
    x.fault("refresh_token", "slow", delay_ms=700, times=None)
    processes = [refresher(x) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert answers == ["True"] * 4
    assert x.control("GET", "faults")[0]["hits"] == 1
    assert AccountSecret.objects.get(account=acme2).generation == 2
    assert Event.objects.filter(name="account.token_refreshed").count() == 1
    assert client_for(acme2).me().username == "acme"


def test_a_crash_between_the_answer_and_the_commit_is_told(
    x: SandboxProcess, acme2: Account
) -> None:
    process = refresher(x, "crash")
    process.communicate("go\n", timeout=60)
    assert process.returncode == 9
    secret = AccountSecret.objects.get(account=acme2)
    assert (secret.generation, secret.refresh_lease != "") == (1, True)
    AccountSecret.objects.filter(pk=secret.pk).update(
        refresh_lease_until=timezone.now() - timedelta(seconds=1)  # time passes
    )
    assert refresh_after_401(acme2, 1) is False
    assert acme2.status == "reconnect_needed"
    assert "was lost" in acme2.status_reason
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert names[-2:] == ["account.refresh_unclear", "account.reconnect_needed"]
