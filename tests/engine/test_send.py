"""From due to sent, in one process: what each answer of X leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from execution.engine.drain import drain
from execution.engine.reconcile import reconcile, waiting
from execution.models import Action, Attempt
from execution.services.pause import pause, resume
from policy.models import Cooldown, XCall
from publishing.services.posts import cancel_post, edit_post, resolve_post, retry_post
from tests.engine.conftest import PERSON, Connect, Schedule
from tests.sandbox.process import SandboxProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def texts(sandbox: SandboxProcess) -> list[str]:
    return [row["payload"]["text"] for row in sandbox.ledger("create_post")]


def look() -> None:
    """Every look that is due by now, as the worker would take it."""
    for _ in range(3):
        for action_id in waiting(timezone.now()):
            reconcile(action_id)


def test_a_due_post_leaves_once(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "Good morning")
    drain()
    drain()
    post.refresh_from_db()
    assert post.status == "published"
    assert texts(sandbox) == ["Good morning"]
    action = Action.objects.get()
    assert action.x_id == sandbox.ledger()[0]["id"]
    assert [attempt.state for attempt in action.attempts.all()] == ["accepted"]


def test_a_later_post_waits(sandbox, connect: Connect, schedule: Schedule) -> None:
    schedule(connect(1), "Tomorrow", at=timezone.now() + timedelta(days=1))
    drain()
    assert texts(sandbox) == []


def test_a_thread_is_a_chain(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "One", "Two", "Three")
    drain()
    post.refresh_from_db()
    assert post.status == "published"
    rows = sandbox.ledger("create_post")
    assert [row["payload"]["text"] for row in rows] == ["One", "Two", "Three"]
    parents = [(row["payload"].get("reply") or {}).get("in_reply_to_tweet_id") for row in rows]
    assert parents == [None, rows[0]["id"], rows[1]["id"]]


@pytest.mark.parametrize("mode", ["timeout_after", "reset_after", "garbage_after"])
def test_an_answer_that_is_lost_is_found_on_x(
    sandbox, connect: Connect, schedule: Schedule, mode: str
) -> None:
    post = schedule(connect(1), "Once only")
    sandbox.fault("create_post", mode, times=1)
    drain()
    post.refresh_from_db()
    assert post.status == "unknown"
    drain()  # nothing may send it again now
    look()
    post.refresh_from_db()
    assert post.status == "published"
    assert texts(sandbox) == ["Once only"]
    assert Action.objects.get().evidence["adopted"]


def test_what_never_arrived_waits_for_a_person(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    post = schedule(connect(1), "Lost on the way")
    sandbox.fault("create_post", "reset_before", times=1)
    drain()
    look()
    action = Action.objects.get()
    assert (action.status, action.needs_person) == ("unknown", True)
    drain()
    assert texts(sandbox) == []
    resolve_post(post_id=post.pk, resolution="not_published", actor=PERSON)
    drain()
    post.refresh_from_db()
    assert post.status == "published"
    assert texts(sandbox) == ["Lost on the way"]


def test_a_503_after_acceptance_is_no_licence_to_repeat(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    post = schedule(connect(1), "Five oh three")
    sandbox.fault("create_post", "status", status=503, times=1)
    drain()
    drain()
    post.refresh_from_db()
    assert post.status == "unknown"
    assert Attempt.objects.count() == 1


def test_a_429_rests_until_the_reset(sandbox, connect: Connect, schedule: Schedule) -> None:
    account = connect(1)
    post = schedule(account, "First")
    schedule(account, "Second")
    reset = int((timezone.now() + timedelta(minutes=15)).timestamp())
    sandbox.fault(
        "create_post",
        "status",
        status=429,
        times=1,
        headers={"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)},
    )
    drain()
    drain()
    assert Attempt.objects.count() == 1
    post.refresh_from_db()
    action = Action.objects.get(post_part__post=post)
    assert action.status == "scheduled"
    assert action.attempts_used == 0
    assert int(action.due_at.timestamp()) >= reset
    assert int(Cooldown.objects.get().until.timestamp()) >= reset
    Cooldown.objects.update(until=timezone.now())
    Action.objects.update(due_at=timezone.now(), next_attempt_at=None)
    drain()
    assert sorted(texts(sandbox)) == ["First", "Second"]


def test_a_refusal_fails_with_the_reason(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "Not allowed")
    sandbox.fault(
        "create_post",
        "status",
        status=403,
        times=1,
        body={"title": "Forbidden", "detail": "You are not permitted.", "status": 403},
    )
    drain()
    action = Action.objects.get()
    assert action.status == "failed"
    assert "not permitted" in action.error_detail
    retry_post(post_id=post.pk, actor=PERSON)
    drain()
    assert texts(sandbox) == ["Not allowed"]


def test_a_thread_resumes_behind_what_is_live(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    post = schedule(connect(1), "A", "B", "C")
    sandbox.fault("create_post", "status", status=400, times=1, skip=1)
    drain()
    post.refresh_from_db()
    assert (post.status, texts(sandbox)) == ("failed", ["A"])
    retry_post(post_id=post.pk, actor=PERSON)
    drain()
    assert texts(sandbox) == ["A", "B", "C"]


def test_what_is_too_late_is_missed(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "Old news")
    Action.objects.update(due_at=timezone.now() - timedelta(hours=2))
    drain()
    post.refresh_from_db()
    assert post.status == "missed"
    assert texts(sandbox) == []


def test_overdue_posts_do_not_leave_in_a_burst(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    account = connect(1)
    for number in range(3):
        schedule(account, f"Late {number}")
    Action.objects.update(due_at=timezone.now() - timedelta(minutes=30))
    drain()
    drain()
    assert texts(sandbox) == ["Late 0"]


def test_a_pause_holds_and_a_resume_releases(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "Held")
    pause(scope="all", value="", reason="test", actor=PERSON)
    Action.objects.update(due_at=timezone.now() - timedelta(hours=3))
    drain()
    post.refresh_from_db()
    assert (post.status, texts(sandbox)) == ("scheduled", [])
    answer = resume(scope="all", value="", backlog="release", actor=PERSON)
    assert answer["held"] == 1
    drain()
    assert texts(sandbox) == ["Held"]


def test_an_edit_changes_what_leaves(sandbox, connect: Connect, schedule: Schedule) -> None:
    from publishing.content import PartContent

    post = schedule(connect(1), "Typo")
    edit_post(post_id=post.pk, changes={"parts": (PartContent("Fixed"),)}, actor=PERSON)
    drain()
    assert texts(sandbox) == ["Fixed"]


def test_a_cancelled_post_stays(sandbox, connect: Connect, schedule: Schedule) -> None:
    post = schedule(connect(1), "Never mind")
    cancel_post(post_id=post.pk, actor=PERSON)
    drain()
    assert texts(sandbox) == []


def test_a_duplicate_that_was_not_ours_fails(sandbox, connect: Connect, schedule: Schedule) -> None:
    account = connect(1)
    schedule(account, "Same words")
    drain()
    Action.objects.all().delete()
    account.posts.all().delete()
    post = schedule(account, "Same words")
    drain()
    post.refresh_from_db()
    assert post.status == "unknown"


def test_an_unreachable_x_keeps_the_order_and_makes_work_late(
    sandbox, connect: Connect, schedule: Schedule, settings
) -> None:
    account = connect(1)
    schedule(account, "First")
    schedule(account, "Second")
    here, settings.X_API_BASE_URL = settings.X_API_BASE_URL, "http://127.0.0.1:9"
    drain()
    assert [attempt.state for attempt in Attempt.objects.all()] == ["not_sent"]
    assert Action.objects.filter(status="scheduled").count() == 2
    settings.X_API_BASE_URL = here
    Cooldown.objects.update(until=timezone.now())
    Action.objects.update(next_attempt_at=None)
    drain()
    assert texts(sandbox) == ["First", "Second"]
    assert Cooldown.objects.get().failures == 0
    third = schedule(account, "Third")
    Action.objects.filter(post_part__post=third).update(due_at=timezone.now() - timedelta(hours=2))
    Cooldown.objects.update(until=timezone.now())
    drain()
    third.refresh_from_db()
    assert third.status == "missed"


def test_a_refused_token_marks_the_account_and_its_work_waits(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    account = connect(1)
    schedule(account, "Waits for a person")
    sandbox.make_account(account.username, access="revoked")
    drain()
    account.refresh_from_db()
    assert account.status == "reconnect_needed"
    assert Action.objects.get().status == "scheduled"
    assert XCall.objects.filter(operation="create_post", status=401).count() == 1
    sandbox.make_account(account.username, access="active")


def test_a_401_while_x_cannot_be_asked_disconnects_nobody(
    sandbox, connect: Connect, schedule: Schedule
) -> None:
    account = connect(1)
    schedule(account, "A passing fault")
    sandbox.fault("create_post", "status", status=401, times=1)
    sandbox.fault("me", "status", status=503, times=20)
    drain()
    account.refresh_from_db()
    assert account.status == "connected"
    assert Action.objects.get().status == "scheduled"
