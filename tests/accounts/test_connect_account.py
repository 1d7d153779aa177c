"""Connecting through the service: verified by X first, one identity per slot, queues guarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django import Settings

from accounts import queue_guard
from accounts.errors import ConflictError, InvalidError
from accounts.models import Account, AccountSecret, AppSecret, DeveloperApp, Event
from accounts.principals import Principal
from accounts.services import identity
from accounts.services.connect import QueueChoice, connect_account
from accounts.services.credentials import client_for
from accounts.services.x_accounts import mark_reconnect_needed
from accounts.states import AccountStatus
from tests.accounts.conftest import PERSON, oauth1, oauth2
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


class FakeQueue:
    """A queue as the execution app would register it."""

    def __init__(self, waiting: int, running: int = 0) -> None:
        self.waiting, self.running = waiting, running

    def queued_count(self, account: Account) -> int:
        return self.waiting + self.running

    def cancel_queue(self, account: Account, actor: Principal) -> None:
        self.waiting = 0


@pytest.fixture
def queue() -> Iterator[FakeQueue]:
    queue = FakeQueue(waiting=3)
    queue_guard.register(queue)
    yield queue
    queue_guard.unregister(queue)


def test_oauth1_is_verified_and_kept(x: SandboxProcess) -> None:
    found = x.account("acme")
    account = connect_account(
        slot=7, credentials=oauth1(found), actor=PERSON, timezone="Europe/Lisbon"
    )
    account.refresh_from_db()
    assert (account.x_user_id, account.username) == (found["id"], "acme")
    assert (account.status, account.timezone) == ("connected", "Europe/Lisbon")
    assert client_for(account).me().id == found["id"]
    event = Event.objects.get(name="account.connected")
    assert (event.account_slot, event.actor_label, event.data["username"]) == (7, "Ada", "acme")


def test_an_expired_oauth2_pair_is_renewed_before_it_is_kept(x: SandboxProcess) -> None:
    given = oauth2(x.account("acme"))
    x.settings(clock_offset_s=3 * 3600)
    account = connect_account(slot=1, credentials=given, actor=PERSON)
    secret = AccountSecret.objects.get(account=account)
    assert secret.access_token != given.access_token
    assert secret.refresh_token != given.refresh_token
    assert account.token_expires_at is not None
    assert "tweet.write" in account.scopes
    assert client_for(account).me().username == "acme"


@pytest.mark.parametrize("kind", ["oauth1", "oauth2"])
def test_wrong_credentials_are_refused_and_nothing_is_kept(x: SandboxProcess, kind: str) -> None:
    found = x.account("acme")
    given = (
        replace(oauth1(found), access_token_secret="wrong")
        if kind == "oauth1"
        else oauth2(found, access_token="wrong", refresh_token="wrong")
    )
    with pytest.raises(InvalidError) as refused:
        connect_account(slot=1, credentials=given, actor=PERSON)
    assert refused.value.code == "credentials_refused"
    assert "wrong" not in refused.value.detail
    assert not Account.objects.exists()
    assert not DeveloperApp.objects.exists()


def test_without_network_nothing_is_kept(
    x: SandboxProcess, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "CHECK_SECONDS", 0.5)
    given = oauth1(x.account("acme"))
    settings.X_API_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(ConflictError, match="Nothing was kept") as refused:
        connect_account(slot=1, credentials=given, actor=PERSON)
    assert refused.value.code == "x_unreachable"
    assert not Account.objects.exists()


def test_an_identity_has_one_slot(x: SandboxProcess, acme: Account) -> None:
    with pytest.raises(ConflictError, match="slot 1 already") as refused:
        connect_account(slot=2, credentials=oauth1(x.account("acme")), actor=PERSON)
    assert refused.value.code == "identity_in_other_slot"
    assert not Account.objects.filter(slot=2).exists()


def test_the_same_identity_is_reconnected_whatever_is_queued(
    x: SandboxProcess, acme: Account, queue: FakeQueue
) -> None:
    mark_reconnect_needed(acme, "for the test", PERSON)
    before = AccountSecret.objects.get(account=acme).generation
    again = connect_account(slot=1, credentials=oauth2(x.account("acme")), actor=PERSON)
    assert (again.pk, again.status) == (acme.pk, AccountStatus.CONNECTED)
    assert (again.auth_kind, again.status_reason) == ("oauth2", "")
    assert AccountSecret.objects.get(account=acme).generation == before + 1
    assert queue.waiting == 3


def test_another_identity_is_refused_while_work_is_queued(
    x: SandboxProcess, acme: Account, queue: FakeQueue
) -> None:
    northwind = oauth1(x.account("northwind"))
    with pytest.raises(ConflictError, match="3 actions queued") as refused:
        connect_account(slot=1, credentials=northwind, actor=PERSON)
    assert refused.value.code == "other_identity"
    acme.refresh_from_db()
    assert acme.username == "acme"
    assert client_for(acme).me().username == "acme"
    connect_account(slot=1, credentials=northwind, actor=PERSON, deal_with_queue=QueueChoice.CANCEL)
    acme.refresh_from_db()
    assert (acme.username, queue.waiting) == ("northwind", 0)
    assert Event.objects.latest("id").data["previous_username"] == "acme"


def test_what_is_running_can_not_be_cancelled_away(
    x: SandboxProcess, acme: Account, queue: FakeQueue
) -> None:
    queue.running = 1
    with pytest.raises(ConflictError, match="running or of unknown outcome"):
        connect_account(
            slot=1,
            credentials=oauth1(x.account("northwind")),
            actor=PERSON,
            deal_with_queue=QueueChoice.CANCEL,
        )
    acme.refresh_from_db()
    assert acme.username == "acme"


def test_another_identity_moves_in_when_nothing_is_queued(x: SandboxProcess, acme: Account) -> None:
    connect_account(slot=1, credentials=oauth1(x.account("northwind")), actor=PERSON)
    acme.refresh_from_db()
    assert acme.username == "northwind"


@pytest.mark.parametrize(
    ("slot", "zone"), [(0, None), (-1, None), (2**40, None), (1, "Mars/Olympus"), (1, "../etc")]
)
def test_odd_input_is_refused_before_x_is_asked(slot: int, zone: str | None) -> None:
    with pytest.raises(InvalidError):
        connect_account(
            slot=slot,
            credentials=oauth1({"oauth1": dict.fromkeys(_OAUTH1, "k")}),
            actor=PERSON,
            timezone=zone,
        )


_OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


def test_accounts_share_the_app_of_their_key(x: SandboxProcess, acme: Account) -> None:
    second = connect_account(slot=2, credentials=oauth1(x.account("northwind")), actor=PERSON)
    foreign = next(a for a in x.accounts() if a["app"] != x.account("acme")["app"])
    third = connect_account(slot=3, credentials=oauth1(foreign), actor=PERSON, app_name="Other")
    assert second.app_id == acme.app_id
    assert third.app is not None
    assert third.app.name == "Other"
    assert AppSecret.objects.count() == 2


def test_an_app_can_have_keys_of_both_kinds_by_name(x: SandboxProcess, acme: Account) -> None:
    assert acme.app is not None
    other = connect_account(
        slot=2,
        credentials=oauth2(x.account("northwind")),
        actor=PERSON,
        app_name=acme.app.name,
    )
    assert other.app_id == acme.app_id
    assert client_for(acme).me().username == "acme"
    foreign = next(a for a in x.accounts() if a["app"] != x.account("acme")["app"])
    with pytest.raises(ConflictError, match="other keys"):
        connect_account(slot=3, credentials=oauth1(foreign), actor=PERSON, app_name=acme.app.name)
    with pytest.raises(ConflictError, match="belong to the app"):
        connect_account(
            slot=1, credentials=oauth1(x.account("acme")), actor=PERSON, app_name="Else"
        )
