"""Lists cost the same number of queries however long they are, and find what they should."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Event
from accounts.states import AccountStatus
from execution.models import Action, Attempt
from execution.states import ActionStatus, AttemptState
from policy.models import XCall
from publishing.models import Post, PostImport
from tests.admin.conftest import WritePost, bring_to


def cost(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", [Post, Action, Attempt, Event, XCall, PostImport])
def test_a_list_of_200_costs_as_much_as_one_of_10(
    model: type, admin: Client, write: WritePost, account: Account
) -> None:
    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            post = write(f"post {number}")
            bring_to(post, ActionStatus.DONE, attempt=AttemptState.ACCEPTED, x_id=str(number + 1))
            XCall.objects.create(
                account=account,
                operation="create_post",
                method="POST",
                path="/2/tweets",
                started_at=timezone.now(),
                duration_ms=1,
                cost_usd=0,
            )
            PostImport.objects.create(
                account=account,
                stored_name=f"{number}",
                sha256="",
                created_by="",
                created_by_key="",
            )

    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    fill(0, 10)
    cost(admin, page)  # content types and permissions are read once
    ten = cost(admin, page)
    fill(10, 200)
    assert cost(admin, page) == ten


def test_the_account_list_does_not_ask_for_each_account(admin: Client, account: Account) -> None:
    page = reverse("admin:accounts_account_changelist")
    cost(admin, page)
    one = cost(admin, page)
    Account.objects.bulk_create(
        Account(slot=slot, x_user_id=str(slot), status=AccountStatus.CONNECTED, app=account.app)
        for slot in range(2, 42)
    )
    assert cost(admin, page) == one


def test_the_page_of_a_long_thread_costs_as_much_as_that_of_a_short_one(
    admin: Client, write: WritePost
) -> None:
    short, long = write("a", "b"), write(*[f"part {n}" for n in range(30)])
    pages = [reverse("admin:publishing_post_change", args=[post.pk]) for post in (short, long)]
    cost(admin, pages[0])
    assert cost(admin, pages[1]) == cost(admin, pages[0])


def test_posts_are_found_by_their_words_and_by_their_id_on_x(
    admin: Client, write: WritePost
) -> None:
    wanted, _ = write("doors open at nine"), write("something else")
    bring_to(wanted, ActionStatus.DONE, x_id="1990001")
    page = reverse("admin:publishing_post_changelist")
    for query in ("doors nine", "1990001"):
        found = admin.get(page, {"q": query}).context["cl"].queryset
        assert [post.pk for post in found] == [wanted.pk]


def test_filters_narrow_the_list(admin: Client, write: WritePost) -> None:
    draft, thread = write("d", draft=True), write("one", "two")
    page = reverse("admin:publishing_post_changelist")
    for query, expected in (
        ({"when": "none"}, {draft.pk}),
        ({"when": "week"}, {thread.pk}),
        ({"when": "past"}, set()),
        ({"when": "nonsense"}, {draft.pk, thread.pk}),
        ({"kind": "thread"}, {thread.pk}),
        ({"status__exact": "draft"}, {draft.pk}),
    ):
        found = admin.get(page, query).context["cl"].queryset
        assert {post.pk for post in found} == expected, query


def test_a_row_shows_the_account_the_state_in_words_and_the_accounts_own_time(
    admin: Client, write: WritePost
) -> None:
    from datetime import UTC, datetime

    year = timezone.now().year + 1
    write("hello", at=datetime(year, 7, 1, 10, 0, tzinfo=UTC))
    text = admin.get(reverse("admin:publishing_post_changelist")).content.decode()
    assert "@northwind" in text
    assert '<span class="badge badge-waiting">Scheduled</span>' in text
    assert f"01 Jul {year}, 12:00" in text  # Berlin
    assert f"{year}-07-01 10:00:00 UTC" in text
