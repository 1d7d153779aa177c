"""Pausing and resuming by people: seen everywhere, with what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Agent, Event
from execution.models import Action
from execution.services.pause import pause
from execution.states import ActionStatus
from policy.models import PauseSwitch
from tests.admin.conftest import ALICE, SignIn, WritePost

PAUSE, RESUME = "admin:ops_pause", "admin:ops_resume"


@pytest.fixture
def held(write: WritePost) -> list[Action]:
    """Two posts that fell due while everything was paused, and one for tomorrow."""
    pause(scope="all", value="", reason="a fire drill", actor=ALICE)
    due = timezone.now() - timedelta(minutes=3)
    posts = [write("one", at=due), write("two", at=due)]
    write("tomorrow")
    return [post.parts.get().action for post in posts]


def test_an_operator_pauses_everything_and_every_page_says_so(
    as_role: SignIn, account: Account
) -> None:
    operator = as_role("operator")
    operator.post(reverse(PAUSE), {"target": "all:", "reason": "wrong picture"})
    switch = PauseSwitch.objects.get()
    assert (switch.scope, switch.by_label) == ("all", "the-operator")
    for page in (
        reverse("admin:index"),
        reverse("admin:publishing_post_changelist"),
        reverse("admin:accounts_account_change", args=[account.pk]),
        reverse(PAUSE),
    ):
        for role in ("viewer", "operator"):
            text = as_role(role).get(page).content.decode()
            assert "Paused: Everything." in text
            assert "the-operator" in text
            assert "wrong picture" in text
            assert ("Resume…" in text) is (role == "operator")


@pytest.mark.parametrize(
    ("target", "words"), [("account:1", "@northwind (slot 1)"), ("agent:bot", "Agent bot")]
)
def test_one_account_or_agent_is_paused_and_resumed(
    admin: Client, account: Account, target: str, words: str
) -> None:
    Agent.objects.create(name="bot")
    page = admin.post(reverse(PAUSE), {"target": target, "reason": "r"}, follow=True)
    assert f"Paused: {words}." in page.content.decode()
    admin.post(reverse(RESUME), {"target": target, "backlog": "release"})
    assert not PauseSwitch.objects.exists()


def test_a_pause_needs_a_reason_and_a_known_target(admin: Client, account: Account) -> None:
    for given in ({"target": "all:"}, {"target": "account:99", "reason": "r"}, {}):
        response = admin.post(reverse(PAUSE), given)
        assert response.status_code == 200
        assert response.context["form"].errors
    assert not PauseSwitch.objects.exists()


def test_resuming_first_shows_what_waits(admin: Client, held: list[Action]) -> None:
    text = admin.get(reverse(RESUME), {"target": "all:"}).content.decode()
    assert "2 waited" in text
    assert "a fire drill" in text
    assert PauseSwitch.objects.exists()


def test_release_spread_and_drop(admin: Client, held: list[Action]) -> None:
    def due() -> list[timedelta]:
        found = Action.objects.filter(pk__in=[a.pk for a in held]).order_by("pk")
        return [action.due_at - timezone.now() for action in found]

    admin.post(reverse(RESUME), {"target": "all:", "backlog": "spread"})
    first, second = due()
    assert timedelta(minutes=4) < second - first < timedelta(minutes=6)

    pause(scope="all", value="", reason="again", actor=ALICE)
    Action.objects.filter(pk__in=[a.pk for a in held]).update(
        due_at=timezone.now() - timedelta(minutes=1)
    )
    admin.post(reverse(RESUME), {"target": "all:", "backlog": "release"})
    assert all(abs(wait) < timedelta(minutes=1) for wait in due())

    pause(scope="all", value="", reason="again", actor=ALICE)
    admin.post(reverse(RESUME), {"target": "all:", "backlog": "drop"})
    statuses = Action.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [
        ActionStatus.CANCELLED,
        ActionStatus.CANCELLED,
        ActionStatus.SCHEDULED,
    ]
    assert Event.objects.filter(name="pause.off", actor_label="the-admin").count() == 3


def test_a_bad_or_repeated_resume_changes_nothing(admin: Client, held: list[Action]) -> None:
    response = admin.post(reverse(RESUME), {"target": "all:", "backlog": "burn"})
    assert response.context["form"].errors
    assert PauseSwitch.objects.exists()
    for target in ("account:1", "account:x", "nonsense", ""):
        again = admin.post(reverse(RESUME), {"target": target, "backlog": "drop"}, follow=True)
        assert again.status_code == 200
    assert PauseSwitch.objects.count() == 1
    assert set(Action.objects.values_list("status", flat=True)) == {ActionStatus.SCHEDULED}


def test_who_may(as_role: SignIn, held: list[Action]) -> None:
    assert Client().get(reverse(PAUSE)).status_code == 302
    assert as_role("nobody").get(reverse(PAUSE)).status_code == 403
    viewer = as_role("viewer")
    assert viewer.get(reverse(PAUSE)).status_code == 200
    assert viewer.post(reverse(PAUSE), {"target": "all:", "reason": "r"}).status_code == 403
    assert viewer.get(reverse(RESUME), {"target": "all:"}).status_code == 403
    refused = viewer.post(reverse(RESUME), {"target": "all:", "backlog": "drop"})
    assert refused.status_code == 403
    assert PauseSwitch.objects.count() == 1
