"""What people do to posts: each door asks for its permission and says what it did."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event
from execution.models import Action
from execution.services.pause import pause
from execution.states import ActionStatus, AttemptState
from publishing.models import Post
from publishing.states import PostStatus
from tests.admin.conftest import ALICE, SignIn, WritePost, bring_to, messages_of

LIST = "admin:publishing_post_changelist"


def press(client: Client, post: Post, name: str, **data: str):
    return client.post(reverse("admin:publishing_post_do", args=[post.pk, name]), data, follow=True)


def choose(client: Client, name: str, *posts: Post, **data: str):
    chosen = [post.pk for post in posts]
    return client.post(
        reverse(LIST), {"action": name, "_selected_action": chosen, **data}, follow=True
    )


class TestRetry:
    def test_an_operator_sends_again_from_the_page_and_from_the_list(
        self, as_role: SignIn, write: WritePost
    ) -> None:
        operator = as_role("operator")
        for number, door in enumerate((press, choose)):
            post = write(f"failed {number}")
            action = bring_to(post, ActionStatus.FAILED, error_code="forbidden")
            response = (
                door(operator, post, "retry") if door is press else door(operator, "retry", post)
            )
            assert "1 post: sent again." in messages_of(response)
            action.refresh_from_db()
            assert action.status == ActionStatus.SCHEDULED
            assert Event.objects.filter(
                object_id=str(action.pk), name="action.scheduled", actor_label="the-operator"
            ).exists()

    def test_each_post_has_its_own_outcome(self, admin: Client, write: WritePost) -> None:
        failed, fine, also_fine = write("a"), write("b"), write("c")
        bring_to(failed, ActionStatus.FAILED)
        told = messages_of(choose(admin, "retry", failed, fine, also_fine))
        assert "1 post: sent again." in told
        assert f"2 refused (Post {fine.pk} and 1 more)" in told
        assert "only failed and missed ones" in told
        failed.refresh_from_db()
        assert failed.status == PostStatus.SCHEDULED

    def test_a_repeat_is_refused(self, admin: Client, write: WritePost) -> None:
        post = write("once")
        bring_to(post, ActionStatus.FAILED)
        press(admin, post, "retry")
        assert "refused" in messages_of(press(admin, post, "retry"))

    def test_a_thread_goes_on_from_its_first_unsent_part(
        self, admin: Client, write: WritePost
    ) -> None:
        post = write("one", "two", "three")
        done = bring_to(post, ActionStatus.DONE, x_id="7")
        failed = bring_to(post, ActionStatus.FAILED, position=2)
        press(admin, post, "retry")
        done.refresh_from_db()
        failed.refresh_from_db()
        assert (done.status, failed.status) == (ActionStatus.DONE, ActionStatus.SCHEDULED)


class TestDangerous:
    @pytest.mark.parametrize("name", ["cancel", "publish_now"])
    def test_it_first_lists_what_it_touches(
        self, admin: Client, write: WritePost, name: str
    ) -> None:
        post, other = write("first words"), write("other words")
        before = list(Action.objects.order_by("pk").values("status", "due_at"))
        page = press(admin, post, name)
        assert "first words" in page.content.decode()
        listed = choose(admin, name, post, other).content.decode()
        assert "first words" in listed
        assert "other words" in listed
        assert list(Action.objects.order_by("pk").values("status", "due_at")) == before

    def test_confirmed_they_are_cancelled(self, admin: Client, write: WritePost) -> None:
        posts = [write("a"), write("b")]
        response = choose(admin, "cancel", *posts, confirmed="yes")
        assert "2 posts: cancelled." in messages_of(response)
        assert set(Post.objects.values_list("status", flat=True)) == {PostStatus.CANCELLED}

    def test_confirmed_it_is_due_now(self, admin: Client, write: WritePost) -> None:
        post = write("now")
        press(admin, post, "publish_now", confirmed="yes")
        assert Action.objects.get().due_at <= timezone.now()

    def test_a_stale_confirmation_cancels_nothing(self, admin: Client, write: WritePost) -> None:
        post = write("changed meanwhile")
        response = press(admin, post, "cancel", **{"confirmed": "yes", f"revision-{post.pk}": "7"})
        assert "Somebody changed it meanwhile" in messages_of(response)
        post.refresh_from_db()
        assert post.status == PostStatus.SCHEDULED

    def test_a_pause_holds_publish_now(self, admin: Client, write: WritePost) -> None:
        post = write("held")
        pause(scope="all", value="", reason="drill", actor=ALICE)
        response = press(admin, post, "publish_now", confirmed="yes")
        assert "Sending is paused" in messages_of(response)

    def test_get_changes_nothing(self, admin: Client, write: WritePost) -> None:
        post = write("looked at")
        admin.get(
            reverse("admin:publishing_post_do", args=[post.pk, "cancel"]), {"confirmed": "yes"}
        )
        post.refresh_from_db()
        assert post.status == PostStatus.SCHEDULED


@pytest.mark.parametrize("name", ["retry", "cancel", "publish_now"])
def test_a_viewer_may_do_none_of_it(as_role: SignIn, write: WritePost, name: str) -> None:
    post = write("hands off")
    bring_to(post, ActionStatus.FAILED)
    viewer = as_role("viewer")
    assert press(viewer, post, name, confirmed="yes").status_code == 403
    choose(viewer, name, post, confirmed="yes")
    assert (
        name
        not in viewer.get(reverse(LIST))
        .content.decode()
        .partition("</form>")[0]
        .split('name="action"')[-1]
    )
    post.refresh_from_db()
    assert post.status == PostStatus.FAILED


class TestResolve:
    @pytest.fixture
    def doubtful(self, write: WritePost) -> Post:
        post = write("did it go out?")
        bring_to(
            post,
            ActionStatus.UNKNOWN,
            attempt=AttemptState.UNKNOWN,
            evidence={
                "looked_at": "2026-03-01T10:00:00+00:00",
                "since": "2026-03-01T09:59:00+00:00",
                "posts_seen": 14,
                "matches": [{"id": "1990", "text": "did it go out?"}],
            },
        )
        return post

    def resolve(self, client: Client, post: Post, **data: str):
        address = reverse("admin:publishing_post_resolve", args=[post.pk])
        return client.post(address, data, follow=True)

    def test_the_evidence_stands_beside_the_choice(self, admin: Client, doubtful: Post) -> None:
        address = reverse("admin:publishing_post_resolve", args=[doubtful.pk])
        text = admin.get(address).content.decode()
        assert "14 posts of the account" in text
        assert "status/1990" in text
        assert choose(admin, "resolve", doubtful).redirect_chain[-1][0] == address

    def test_it_went_out(self, admin: Client, doubtful: Post) -> None:
        self.resolve(
            admin,
            doubtful,
            resolution="published",
            x_id="https://x.com/northwind/status/1990?s=20",
        )
        action = Action.objects.get()
        assert action.evidence["claimed_x_id"] == "1990"
        assert action.status == ActionStatus.UNKNOWN  # until X has been asked

    def test_it_did_not(self, admin: Client, doubtful: Post) -> None:
        self.resolve(admin, doubtful, resolution="not_published", note="looked twice")
        assert Action.objects.get().status == ActionStatus.SCHEDULED
        assert (
            "looked twice"
            in admin.get(
                reverse("admin:publishing_post_change", args=[doubtful.pk])
            ).content.decode()
        )

    def test_drop_it_then_a_repeat_is_refused(self, admin: Client, doubtful: Post) -> None:
        self.resolve(admin, doubtful, resolution="drop")
        assert Action.objects.get().status == ActionStatus.CANCELLED
        again = self.resolve(admin, doubtful, resolution="drop")
        assert "None of its parts has an unknown outcome" in again.content.decode()

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"resolution": "maybe"},
            {"resolution": "published"},
            {"resolution": "published", "x_id": "my post"},
        ],
    )
    def test_a_bad_answer_is_told(self, admin: Client, doubtful: Post, given: dict) -> None:
        response = self.resolve(admin, doubtful, **given)
        assert response.status_code == 200
        assert response.context["form"].errors
        assert Action.objects.get().status == ActionStatus.UNKNOWN

    def test_a_viewer_may_not(self, as_role: SignIn, doubtful: Post) -> None:
        assert self.resolve(as_role("viewer"), doubtful, resolution="drop").status_code == 403
