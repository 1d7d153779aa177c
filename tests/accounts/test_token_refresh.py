"""OAuth 2.0 pairs: renewed ahead of time and after a 401, given up only when X says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.errors import ConflictError
from accounts.models import Account, AccountSecret, Event
from accounts.services.credentials import client_for, refresh_after_401, refresh_if_needed
from accounts.services.x_accounts import disconnect_account
from accounts.x import oauth
from accounts.x.errors import Unauthorized
from tests.accounts.conftest import PERSON
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


def expire(account: Account, minutes: int) -> None:
    Account.objects.filter(pk=account.pk).update(
        token_expires_at=timezone.now() + timedelta(minutes=minutes)
    )


def generation(account: Account) -> int:
    return AccountSecret.objects.get(account=account).generation


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


@pytest.mark.parametrize(("minutes", "renewed"), [(11, 0), (9, 1), (-5, 1)])
def test_a_token_is_renewed_when_less_than_ten_minutes_are_left(
    acme2: Account, minutes: int, renewed: int
) -> None:
    expire(acme2, minutes)
    refresh_if_needed(acme2)
    assert generation(acme2) == 1 + renewed
    assert told("account.token_refreshed") == renewed
    assert client_for(acme2).me().username == "acme"
    if renewed:
        assert acme2.token_expires_at is not None
        assert acme2.token_expires_at > timezone.now() + timedelta(hours=1)


def test_oauth1_is_never_renewed(acme: Account) -> None:
    expire(acme, 1)
    refresh_if_needed(acme)
    assert generation(acme) == 1


def test_after_a_401_there_is_a_new_pair(x: SandboxProcess, acme2: Account) -> None:
    x.settings(clock_offset_s=3 * 3600)
    client = client_for(acme2)
    with pytest.raises(Unauthorized):
        client.me()
    assert refresh_after_401(acme2, client.generation) is True
    assert client_for(acme2).me().username == "acme"
    assert acme2.status == "connected"


def test_a_pair_that_moved_on_is_not_renewed_again(acme2: Account) -> None:
    assert refresh_after_401(acme2, 1) is True
    assert refresh_after_401(acme2, 1) is True
    assert generation(acme2) == 2
    assert told("account.token_refreshed") == 1


def test_invalid_grant_needs_a_person(x: SandboxProcess, acme2: Account) -> None:
    AccountSecret.objects.filter(account=acme2).update(refresh_token="spent")
    assert refresh_after_401(acme2, 1) is False
    assert acme2.status == "reconnect_needed"
    assert "invalid_grant" in acme2.status_reason
    assert told("account.reconnect_needed") == 1


@pytest.mark.parametrize("mode", ["timeout_before", "status", "timeout_after", "reset_after"])
def test_a_lost_answer_is_told_and_tried_once_more(
    x: SandboxProcess, acme2: Account, mode: str, settings: Settings
) -> None:
    settings.XM_CALL_DEADLINE_SECONDS = 1
    x.fault("refresh_token", mode, times=1)
    renewed = refresh_after_401(acme2, 1)
    assert told("account.refresh_unclear") == 1
    if mode in ("timeout_before", "status"):  # X never took the first one
        assert renewed is True
        assert (acme2.status, acme2.status_reason) == ("connected", "")
        assert client_for(acme2).me().username == "acme"
    else:  # the new pair was lost on its way, and X says so
        assert renewed is False
        assert acme2.status == "reconnect_needed"
        assert "was lost" in acme2.status_reason


def test_trouble_on_the_way_never_disconnects(
    x: SandboxProcess, acme2: Account, settings: Settings
) -> None:
    settings.XM_CALL_DEADLINE_SECONDS = 1
    x.fault("refresh_token", "status", times=None)
    expire(acme2, 5)
    refresh_if_needed(acme2)
    assert acme2.status == "connected"
    assert "lost" in acme2.status_reason
    hits = x.control("GET", "faults")[0]["hits"]
    refresh_if_needed(acme2)  # rests before it asks again
    assert x.control("GET", "faults")[0]["hits"] == hits == 2
    x.clear_faults()
    assert refresh_after_401(acme2, 1) is True  # a 401 does not wait for the rest
    assert acme2.status_reason == ""


def test_a_dead_network_is_told_once(acme2: Account, settings: Settings) -> None:
    settings.XM_CALL_DEADLINE_SECONDS = 1
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    for _ in range(2):
        assert refresh_after_401(acme2, 1) is False
    assert acme2.status == "connected"
    assert told("account.refresh_failed") == 1
    assert told("account.refresh_unclear") == 0


def test_tokens_that_can_not_be_renewed_are_given_up_when_the_profile_is_refused_too(
    x: SandboxProcess, acme: Account
) -> None:
    assert refresh_after_401(acme, 1) is False
    assert acme.status == "connected"  # X still shows the profile: the 401 was about something else
    x.make_account("acme", access="revoked")
    assert refresh_after_401(acme, 1) is False
    assert acme.status == "reconnect_needed"
    x.make_account("acme", access="active")


def test_a_fresh_pair_is_not_burned_by_a_second_401(x: SandboxProcess, acme2: Account) -> None:
    assert refresh_after_401(acme2, 1) is True
    assert refresh_after_401(acme2, 2) is False
    assert generation(acme2) == 2
    assert acme2.status == "connected"


def test_a_holder_that_died_is_told_and_replaced(acme2: Account) -> None:
    AccountSecret.objects.filter(account=acme2).update(
        refresh_lease="of a dead process", refresh_lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert refresh_after_401(acme2, 1) is True
    assert told("account.refresh_unclear") == 1


def test_while_somebody_renews_the_others_wait_and_then_give_up(
    acme2: Account, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.XM_CALL_DEADLINE_SECONDS = 0.3
    AccountSecret.objects.filter(account=acme2).update(
        refresh_lease="of a busy process", refresh_lease_until=timezone.now() + timedelta(hours=1)
    )
    asked = []
    monkeypatch.setattr(oauth, "refresh_token", lambda *a, **k: asked.append(a))
    assert refresh_after_401(acme2, 1) is False
    assert asked == []


def test_a_disconnected_account_has_no_client(acme2: Account) -> None:
    assert disconnect_account(acme2, PERSON) is True
    assert not AccountSecret.objects.filter(account=acme2).exists()
    with pytest.raises(ConflictError, match="not connected"):
        client_for(acme2)
    assert refresh_after_401(acme2, 1) is False
