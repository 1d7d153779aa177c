"""What an account may do: by plan, by permission, and as X's answers teach."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.capability_rules import RULES
from accounts.models import Account, Event
from accounts.selectors import CapabilityState, capabilities_of, capability_of
from accounts.services.capabilities import learn_refusal, learn_success
from accounts.services.connect import connect_account
from accounts.services.x_accounts import mark_reconnect_needed
from accounts.states import AppPlan
from tests.accounts.conftest import PERSON, oauth1, oauth2
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


def connect(x: SandboxProcess, name: str, **fields: object) -> Account:
    found = x.make_account(name, **fields)
    return connect_account(slot=1, credentials=oauth1(found), actor=PERSON)


def state(account: Account, name: str, days: float = 0) -> CapabilityState:
    return capability_of(account, name, now=timezone.now() + timedelta(days=days))


def test_self_serve_as_x_sells_it(acme: Account) -> None:
    found = {c.name: (c.allowed, c.source) for c in capabilities_of(acme)}
    assert found == {
        "post": (True, "permissions"),
        "reply": ("when_summoned", "plan"),
        "quote": (False, "plan"),
        "long_post": (None, "unknown"),
        "media": (True, "permissions"),
        "delete": (True, "permissions"),
        "repost": (True, "permissions"),
        "like": (False, "plan"),
        "hide": (True, "permissions"),
        "dm": (True, "permissions"),
    }
    assert all(c.reason for c in capabilities_of(acme))


def test_another_plan_does_not_forbid_likes(x: SandboxProcess) -> None:
    account = connect_account(
        slot=1, credentials=oauth1(x.account("acme")), actor=PERSON, plan=AppPlan.OTHER
    )
    assert {state(account, name).allowed for name in ("like", "quote", "reply")} == {True}


@pytest.mark.parametrize(
    ("permission", "post", "dm"),
    [("read", False, False), ("read-write", True, False), ("read-write-dm", True, True)],
)
def test_the_permission_of_an_oauth1_token(
    x: SandboxProcess, permission: str, post: bool, dm: bool
) -> None:
    account = connect(x, "fresh", permission=permission)
    assert state(account, "post").allowed is post
    assert state(account, "dm").allowed is dm
    if not dm:
        assert "direct messages" in state(account, "dm").reason


def test_the_scopes_of_an_oauth2_token(x: SandboxProcess) -> None:
    found = x.make_account("scoped", scopes="tweet.read tweet.write users.read offline.access")
    given = oauth2(found, access_token="ran-out")  # X tells the scopes with a renewed pair
    account = connect_account(slot=1, credentials=given, actor=PERSON)
    assert state(account, "post").allowed is True
    assert state(account, "media").allowed is False
    assert "media.write" in state(account, "media").reason


def test_two_targets_make_a_refusal_the_accounts_own(acme: Account) -> None:
    learn_refusal(acme, "repost", "11", "not permitted")
    learn_refusal(acme, "unrepost", "11", "not permitted")
    assert state(acme, "repost").allowed is True
    learn_refusal(acme, "repost", "12", "not permitted")
    off = state(acme, "repost")
    assert (off.allowed, off.source) == (False, "learned")
    assert "not permitted" in off.reason
    assert Event.objects.filter(name="account.capability_learned").count() == 1


def test_a_refusal_is_tried_again_daily(acme: Account) -> None:
    for target in ("11", "12"):
        learn_refusal(acme, "repost", target, "not permitted")
    assert state(acme, "repost", days=0.9).allowed is False
    assert state(acme, "repost", days=1.1).allowed is None
    first = state(acme, "repost").retry_at
    learn_refusal(acme, "repost", "13", "still not")
    second = state(acme, "repost").retry_at
    assert first is not None
    assert second is not None
    assert second > first
    assert Event.objects.filter(name="account.capability_learned").count() == 1
    learn_success(acme, "repost")
    assert state(acme, "repost").allowed is True
    assert Event.objects.filter(name="account.capability_learned").count() == 2


def test_success_forgets_a_single_refusal(acme: Account) -> None:
    learn_refusal(acme, "hide", "11", "no")
    learn_success(acme, "unhide")
    learn_refusal(acme, "hide", "12", "no")
    assert state(acme, "hide").allowed is True


def test_success_lifts_what_the_plan_forbids_but_not_the_reply_rule(acme: Account) -> None:
    learn_success(acme, "like")
    learn_success(acme, "reply")
    assert state(acme, "like").allowed is True
    assert state(acme, "reply").allowed == "when_summoned"


def test_other_tokens_start_afresh(x: SandboxProcess, acme: Account) -> None:
    for target in ("11", "12"):
        learn_refusal(acme, "repost", target, "not permitted")
    connect_account(slot=1, credentials=oauth1(x.account("acme")), actor=PERSON)
    assert state(acme, "repost").allowed is True


def test_nothing_goes_while_the_account_is_not_connected(acme: Account) -> None:
    mark_reconnect_needed(acme, "X refuses the tokens.", PERSON)
    assert {(c.allowed, c.source, c.reason) for c in capabilities_of(acme)} == {
        (False, "connection", "X refuses the tokens.")
    }


def test_a_known_success_costs_one_query(
    acme: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    learn_success(acme, "post")
    with django_assert_num_queries(1):
        learn_success(acme, "post")


def test_an_unknown_operation_is_a_mistake_of_the_caller(acme: Account) -> None:
    with pytest.raises(ValueError, match="follow"):
        learn_success(acme, "follow")
    assert "post" in RULES
