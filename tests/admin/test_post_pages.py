"""Writing, reading and changing one post in the admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Event
from execution.models import Action
from execution.states import ActionStatus, AttemptState
from publishing.models import Post
from publishing.states import PostStatus
from tests.admin.conftest import SignIn, WritePost, bring_to, messages_of

ADD = "admin:publishing_post_add"


def page(post: Post) -> str:
    return reverse("admin:publishing_post_change", args=[post.pk])


def edit(post: Post, **changed: object) -> dict[str, object]:
    """What the form of the page would send."""
    values: dict[str, object] = {"revision": post.revision}
    if post.scheduled_time:
        from zoneinfo import ZoneInfo

        local = post.scheduled_time.astimezone(ZoneInfo("Europe/Berlin"))
        values["scheduled_time"] = local.strftime("%Y-%m-%dT%H:%M")
    for part in post.parts.all():
        values[f"text_{part.position}"] = part.text
    return values | changed


class TestWriting:
    def test_it_schedules_on_the_clock_of_the_account(
        self, admin: Client, account: Account
    ) -> None:
        year = timezone.now().year + 1
        response = admin.post(
            reverse(ADD),
            {"account": account.pk, "text": "Hello", "scheduled_time": f"{year}-07-01T12:00"},
        )
        post = Post.objects.get()
        assert response.status_code == 302
        assert post.scheduled_time == datetime(year, 7, 1, 10, 0, tzinfo=UTC)
        assert post.status == PostStatus.SCHEDULED
        assert Action.objects.get().due_at == post.scheduled_time
        assert post.created_by == "the-admin"
        assert Event.objects.filter(name="post.created", actor_label="the-admin").count() == 1

    def test_a_refusal_is_shown_and_nothing_typed_is_lost(
        self, admin: Client, account: Account
    ) -> None:
        text = "x" * 281
        response = admin.post(
            reverse(ADD),
            {"account": account.pk, "text": text, "scheduled_time": "2020-01-01T10:00"},
        )
        shown = response.content.decode()
        assert response.status_code == 200
        assert "281 of 280" in shown
        assert text in shown
        assert "2020-01-01T10:00" in shown
        assert not Post.objects.exists()

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"account": "999", "text": "a"},
            {"account": "1", "text": "a", "scheduled_time": "soon"},
            {"account": "1", "text": "a", "scheduled_time": "9999-99-99T99:99"},
            {"account": "x\x00", "text": "a\x00b", "draft": "on"},
        ],
    )
    def test_nonsense_gets_an_answer(self, admin: Client, account: Account, given: dict) -> None:
        response = admin.post(reverse(ADD), given)
        assert response.status_code == 200
        assert not Post.objects.exists()

    def test_a_draft_needs_no_time_and_does_not_leave(
        self, admin: Client, account: Account
    ) -> None:
        admin.post(reverse(ADD), {"account": account.pk, "text": "Later", "draft": "on"})
        assert Post.objects.get().status == PostStatus.DRAFT
        assert not Action.objects.exists()

    def test_the_same_words_again_lead_to_the_first_post(
        self, admin: Client, write: WritePost, account: Account
    ) -> None:
        there = write("the same words")
        when = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
        response = admin.post(
            reverse(ADD),
            {"account": account.pk, "text": "The same words", "scheduled_time": when},
            follow=True,
        )
        assert response.redirect_chain[0][0] == page(there)
        assert "Nothing new was written" in messages_of(response)
        assert Post.objects.count() == 1

    def test_a_time_that_the_clocks_skip_is_told(self, admin: Client, account: Account) -> None:
        response = admin.post(
            reverse(ADD),
            {"account": account.pk, "text": "Gap", "scheduled_time": "2027-03-28T02:30"},
            follow=True,
        )
        assert "does not exist in Europe/Berlin" in messages_of(response)


class TestChanging:
    def test_it_changes_words_and_time_through_the_service(
        self, admin: Client, write: WritePost
    ) -> None:
        post = write("before")
        year = timezone.now().year + 1
        admin.post(page(post), edit(post, text_1="after", scheduled_time=f"{year}-07-01T12:00"))
        post.refresh_from_db()
        assert post.parts.get().text == "after"
        assert post.scheduled_time == datetime(year, 7, 1, 10, 0, tzinfo=UTC)
        assert Action.objects.get().due_at == post.scheduled_time
        assert post.revision == 2
        assert Event.objects.filter(name="post.edited", actor_label="the-admin").exists()

    def test_what_was_left_alone_is_left_alone(self, admin: Client, write: WritePost) -> None:
        post = write("one", "two")
        before = post.scheduled_time
        admin.post(page(post), edit(post, text_2="zwei"))
        post.refresh_from_db()
        assert [part.text for part in post.parts.all()] == ["one", "zwei"]
        assert post.scheduled_time == before  # with its seconds

    def test_no_state_can_be_written(self, admin: Client, write: WritePost) -> None:
        post = write("mine")
        admin.post(page(post), edit(post, text_1="new", status="published", created_by="me"))
        post.refresh_from_db()
        assert (post.status, post.created_by) == (PostStatus.SCHEDULED, "Alice")
        assert post.parts.get().text == "new"

    def test_somebody_elses_change_is_told_and_the_words_are_kept(
        self, admin: Client, write: WritePost
    ) -> None:
        post = write("before")
        stale = edit(post, text_1="mine")
        admin.post(page(post), edit(post, text_1="theirs"))
        response = admin.post(page(post), stale)
        assert "Somebody changed this post" in response.content.decode()
        assert post.parts.get().text == "theirs"
        assert response.context["form"]["text_1"].value() == "mine"
        again = stale | {"revision": response.context["form"]["revision"].value()}
        assert admin.post(page(post), again).status_code == 302
        assert post.parts.get().text == "mine"

    def test_a_draft_can_be_scheduled(self, admin: Client, write: WritePost) -> None:
        post = write("later", draft=True)
        refused = admin.post(page(post), edit(post, schedule="on"))
        assert "Give scheduled_time" in refused.content.decode()
        when = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        admin.post(page(post), edit(post, schedule="on", scheduled_time=when))
        post.refresh_from_db()
        assert post.status == PostStatus.SCHEDULED

    def test_what_is_on_x_offers_no_form_and_refuses_a_forged_one(
        self, admin: Client, write: WritePost
    ) -> None:
        post = write("gone")
        sent = edit(post, text_1="changed")
        bring_to(post, ActionStatus.DONE, x_id="5")
        assert admin.get(page(post)).context["form"] is None
        response = admin.post(page(post), sent)
        assert "can&#x27;t be changed" in response.content.decode()
        assert post.parts.get().text == "gone"

    def test_a_viewer_reads_but_does_not_change(self, as_role: SignIn, write: WritePost) -> None:
        post = write("read me")
        viewer = as_role("viewer")
        shown = viewer.get(page(post))
        assert shown.status_code == 200
        assert shown.context["form"] is None
        assert shown.context["acts"] == []
        assert viewer.post(page(post), edit(post, text_1="x")).status_code == 403
        assert post.parts.get().text == "read me"

    @pytest.mark.parametrize("pk", ["999", "abc", "9" * 40])
    def test_an_unknown_post_leads_back_to_the_list(
        self, admin: Client, account: Account, pk: str
    ) -> None:
        response = admin.get(reverse("admin:publishing_post_change", args=[pk]), follow=True)
        assert response.status_code == 200
        assert "There is no post" in messages_of(response)


class TestTimeline:
    def test_it_tells_parts_tries_cause_next_step_and_events(
        self, admin: Client, write: WritePost
    ) -> None:
        post = write("read https://example.com/<b>", "the rest")
        bring_to(post, ActionStatus.DONE, attempt=AttemptState.ACCEPTED, x_id="1990")
        bring_to(
            post,
            ActionStatus.FAILED,
            position=2,
            attempt=AttemptState.REJECTED,
            error_code="forbidden",
            error_detail="X refused the reply.",
        )
        text = admin.get(page(post)).content.decode()
        assert 'href="https://x.com/northwind/status/1990" rel="noopener' in text
        assert "<b>" not in text
        assert "X accepted it" in text
        assert "X refused it" in text
        assert "It failed at part 2" in text
        assert "X refused the reply." in text
        assert "resume the thread" in text
        assert "<code>forbidden</code>" in text
        assert "by Alice" in text
        assert "Resume the thread" in text

    def test_raw_answers_need_their_permission(self, as_role: SignIn, write: WritePost) -> None:
        post = write("hello")
        bring_to(post, ActionStatus.FAILED, attempt=AttemptState.REJECTED)
        assert "answer of X" in as_role("viewer").get(page(post)).content.decode()
        nobody = as_role("nobody")
        from django.contrib.auth import get_user_model

        user = get_user_model().objects.get(username="the-nobody")
        user.user_permissions.add(Permission.objects.get(codename="view_post"))
        shown = nobody.get(page(post)).content.decode()
        assert "X refused it" in shown
        assert "answer of X" not in shown
        assert "The exact request" not in shown
