"""Real workers, killed for real: nothing twice, nothing lost, nothing stuck."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from execution.engine.claim import claim_next
from execution.engine.crash import POINTS
from execution.models import Action, Attempt, MediaUpload
from publishing.content import PartContent, PartMediaContent, PostContent
from publishing.models import Post, PostPart
from publishing.services.media import add_media
from publishing.services.posts import resolve_post, write_post
from tests.engine.conftest import PERSON, Connect, Schedule
from tests.engine.process import WorkerProcess, wait_until
from tests.publishing.media_samples import image
from tests.sandbox.process import SandboxProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
OPEN = ["scheduled", "publishing", "unknown"]


def settled() -> bool:
    return not Post.objects.filter(status__in=OPEN).exists()


def sent_texts(sandbox: SandboxProcess) -> list[str]:
    return [row["payload"]["text"] for row in sandbox.ledger("create_post")]


def test_two_workers_send_500_posts_once_each_in_order(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path
) -> None:
    accounts = [connect(slot) for slot in range(1, 21)]
    start = timezone.now() + timedelta(seconds=1)
    for number in range(480):
        at = start + timedelta(milliseconds=number)
        schedule(accounts[number % 20], f"Post {number:03d}", at=at)
    for number in range(10):
        schedule(accounts[number], f"Chain {number} a", f"Chain {number} b", at=start)
    with WorkerProcess(homes / "one"), WorkerProcess(homes / "two"):
        wait_until(settled, seconds=90, what="500 parts sent")
    rows = sandbox.ledger("create_post")
    assert len(rows) == 500
    assert len({row["payload"]["text"] for row in rows}) == 500
    by_account = defaultdict(list)
    for row in rows:
        if row["payload"]["text"].startswith("Post"):
            by_account[row["account"]].append(row["payload"]["text"])
    assert all(found == sorted(found) for found in by_account.values())
    for number in range(10):
        first, second = (
            next(i for i, row in enumerate(rows) if row["payload"]["text"] == f"Chain {number} {x}")
            for x in "ab"
        )
        assert first < second
        assert rows[second]["payload"]["reply"]["in_reply_to_tweet_id"] == rows[first]["id"]
    workers = set(Attempt.objects.values_list("worker", flat=True))
    assert len({worker.rsplit("/", 1)[0] for worker in workers}) == 2  # both took part
    ids = {row["id"] for row in rows}
    assert set(Action.objects.values_list("x_id", flat=True)) == ids


CRASHES = [name for name in POINTS if name.split(".")[0] not in ("import", "media", "reap")]


@pytest.mark.parametrize("point", CRASHES)
def test_a_crash_at_any_named_point_neither_doubles_nor_loses(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path, point: str
) -> None:
    if point.startswith("reconcile"):
        sandbox.fault("create_post", "reset_after", times=1)
    account = connect(1)
    schedule(account, "T1", "T2")
    schedule(account, "Single")
    worker = WorkerProcess(homes / "home")
    worker.start(XM_CRASH_AT=point)
    # A process of the cluster ends at the point; django-q2 replaces it and says so.
    wait_until(lambda: "reincarnated" in worker.log, seconds=60, what=f"a crash at {point}")
    worker.kill_all()
    with worker:
        wait_until(lambda: answer_for(sandbox) or settled(), seconds=90, what=f"{point}: settled")
        wait_until(settled, seconds=60, what=f"{point}: settled")
    assert sorted(sent_texts(sandbox)) == ["Single", "T1", "T2"]
    parents = dict(PostPart.objects.values_list("text", "action__x_id"))
    replies = {
        row["payload"]["text"]: row["payload"].get("reply", {}).get("in_reply_to_tweet_id")
        for row in sandbox.ledger("create_post")
    }
    assert replies["T2"] == parents["T1"]


def answer_for(sandbox: SandboxProcess) -> bool:
    """The person who is asked about what reached X or not looks at X and says what is so."""
    for part in PostPart.objects.filter(action__needs_person=True, action__status="unknown"):
        assert part.text not in sent_texts(sandbox), "what is on X must be found without a person"
        resolve_post(post_id=part.post_id, resolution="not_published", actor=PERSON)
    return settled()


def test_a_crash_while_settling_a_lost_claim_is_settled_by_the_next(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path
) -> None:
    account = connect(1)
    schedule(account, "Claimed by one that was lost")
    claim = claim_next(account.pk, worker="elsewhere/0/1")
    assert claim is not None
    past = timezone.now() - timedelta(seconds=1)
    Action.objects.update(lease_until=past)
    account.lane.__class__.objects.update(lease_until=past)
    worker = WorkerProcess(homes / "home")
    worker.start(XM_CRASH_AT="reap.before_commit")
    assert worker.ended(seconds=60) == 137
    worker.kill_all()
    with worker:
        wait_until(settled, what="sent by the next worker")
    assert sent_texts(sandbox) == ["Claimed by one that was lost"]


def test_a_crash_after_an_upload_uploads_anew_and_posts_once(
    sandbox: SandboxProcess, connect: Connect, homes: Path, home: Path
) -> None:
    account = connect(1)
    asset, _ = add_media(
        file=BytesIO(image("PNG")), name="red.png", alt_text="A red square", actor=PERSON
    )
    content = PostContent(
        parts=(PartContent("With a picture", media=(PartMediaContent(asset),)),),
        scheduled_time=timezone.now() + timedelta(seconds=2),
    )
    write_post(account=account, content=content, actor=PERSON)
    worker = WorkerProcess(homes / "home")
    (worker.home / "media").symlink_to(home / "media")  # as two machines share it
    worker.start(XM_CRASH_AT="media.uploaded", XM_LEASE_SECONDS="10")
    wait_until(lambda: "reincarnated" in worker.log, what="a crash after the upload")
    worker.kill_all()
    MediaUpload.objects.update(lease_until=timezone.now())  # else it waits for the lost one's lease
    with worker:
        wait_until(settled, what="sent with its picture")
    (row,) = sandbox.ledger("create_post")
    assert row["payload"]["media"]["media_ids"] == [MediaUpload.objects.get().x_media_id]


def test_kill_of_the_parent_leaves_no_second_cluster(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path
) -> None:
    worker = WorkerProcess(homes / "home")
    with worker:
        wait_until(lambda: len(worker.cluster_pids()) >= 3, what="a cluster")
        first = worker.cluster_pids()
        worker.kill()
        worker.start()
        wait_until(
            lambda: worker.cluster_pids() and not set(first) & set(worker.cluster_pids()),
            what="the old cluster gone, a new one there",
        )
        schedule(connect(1), "After the kill")
        wait_until(settled, what="sent")
    assert sent_texts(sandbox) == ["After the kill"]


def test_work_starts_though_the_queue_was_emptied(
    sandbox: SandboxProcess, connect: Connect, schedule: Schedule, homes: Path
) -> None:
    for number in range(5):
        schedule(connect(number + 1), f"Queue {number}", at=timezone.now() + timedelta(seconds=2))
    with WorkerProcess(homes / "home"):
        for _ in range(20):
            OrmQ.objects.all().delete()
        wait_until(settled, seconds=60, what="sent without the messages")
    assert len(sent_texts(sandbox)) == 5
