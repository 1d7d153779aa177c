"""What the rows of a file become, by the function that every door calls."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Account, Event
from accounts.principals import Principal
from execution.models import Action
from publishing.models import Post, PostImport
from publishing.services.import_options import ImportOptions
from publishing.services.imports import start_import, sweep_imports
from publishing.services.media import add_media
from tests.publishing.media_samples import gif, image

pytestmark = pytest.mark.usefixtures("folders")
WHEN = "2031-03-01 14:30"


@pytest.fixture
def load(account: Account, operator: Principal):
    def run(text: str, actor: Principal | None = None, **options: Any) -> PostImport:
        return start_import(
            file=io.BytesIO(text.encode()),
            name="posts.csv",
            account=account,
            actor=actor or operator,
            options=ImportOptions(**options),
        )

    return run


def results(row: PostImport) -> list[tuple[int, str, bool]]:
    return [(item.line, item.result, item.post_id is not None) for item in row.items.all()]


def problems(row: PostImport) -> list[tuple[int, str, str]]:
    return [(error["line"], error["column"], error["code"]) for error in row.errors]


def test_posts_and_threads_with_everything_on_them(load, operator: Principal) -> None:
    asset, _ = add_media(file=io.BytesIO(image("PNG")), name="red.png", actor=operator)
    row = load(
        "text,scheduled_time,thread,media,alt text,labels,reply,link,poll\n"
        f'"Hello,\nworld",{WHEN},,red.png,A red one,"a, b",1234567890,https://example.com/x,\n'
        f"First,{WHEN},t1,,,,,,\n"
        f"Second,,t1,{asset.pk},,,,,\n"
        f"Which?,{WHEN},,,,,,,Yes|No\n"
    )
    assert (row.status, row.rows, row.imported, row.skipped) == ("finished", 4, 3, 0)
    assert results(row) == [(2, "post", True), (4, "thread", True), (6, "post", True)]
    post, thread, poll = Post.objects.order_by("pk")
    assert post.scheduled_time == datetime(2031, 3, 1, 13, 30, tzinfo=UTC)  # Berlin's
    assert (post.labels, post.reply_to_post_id, post.source_url) == (
        ["a", "b"],
        "1234567890",
        "https://example.com/x",
    )
    medium = post.parts.get().media.get()
    assert (medium.asset, medium.alt_text) == (asset, "A red one")
    assert post.parts.get().action.needs_media
    first, second = thread.parts.order_by("position")
    assert second.action.depends_on == first.action
    assert second.action.due_at is None
    assert second.media.get().asset == asset
    assert poll.parts.get().poll == {"options": ["Yes", "No"], "duration_minutes": 1440}
    assert {each.status for each in (post, thread, poll)} == {"scheduled"}


def test_a_file_with_a_bad_row_imports_nothing(load) -> None:
    row = load(f"text,scheduled_time\nGood,{WHEN}\nBad,yesterday\n")
    assert (row.status, row.imported, row.importable) == ("refused", 0, 1)
    assert problems(row) == [(3, "scheduled_time", "bad_time")]
    assert results(row) == [(2, "post", False), (3, "error", False)]
    assert not Post.objects.exists()
    assert not Action.objects.exists()


def test_partial_imports_the_good_rows_and_tells_of_the_others(load) -> None:
    row = load(f"text,scheduled_time\nGood,{WHEN}\nBad,yesterday\n", partial=True)
    assert (row.status, row.imported) == ("finished", 1)
    assert results(row) == [(2, "post", True), (3, "error", False)]
    assert problems(row) == [(3, "scheduled_time", "bad_time")]


def test_partial_without_one_good_row_is_refused(load) -> None:
    assert load("text,scheduled_time\nBad,yesterday\n", partial=True).status == "refused"


def test_a_dry_run_says_the_same_and_changes_nothing(load) -> None:
    text = f"text,scheduled_time\nGood,{WHEN}\nGood,{WHEN}\n"
    dry = load(text, dry_run=True)
    assert (dry.status, dry.importable, dry.skipped, dry.imported) == ("finished", 1, 1, 0)
    assert results(dry) == [(2, "post", False), (3, "duplicate", False)]
    assert not Post.objects.exists()
    assert not Event.objects.exists()
    real = load(text)
    assert (real.importable, real.skipped, real.imported) == (1, 1, 1)


def test_duplicates_are_told_with_the_post_that_is_there(load) -> None:
    load(f"text,scheduled_time\nHello  World,{WHEN}\n")
    there = Post.objects.get()
    row = load(f"text,scheduled_time\nhello world,2031-04-01 10:00\nNew,{WHEN}\nNEW,{WHEN}\n")
    new = Post.objects.exclude(pk=there.pk).get()
    assert [(item.line, item.result, item.post_id) for item in row.items.all()] == [
        (2, "duplicate", there.pk),
        (3, "post", new.pk),
        (4, "duplicate", new.pk),
    ]
    assert (row.status, row.imported, row.skipped) == ("finished", 1, 2)
    assert [(note["line"], note["code"]) for note in row.notes] == [
        (2, "duplicate"),
        (4, "duplicate"),
    ]


def test_rows_without_a_time_are_drafts_and_not_doubled_either(load) -> None:
    row = load("text\nSome day\nSome day\n")
    assert (row.imported, row.skipped) == (1, 1)
    draft = Post.objects.get()
    assert (draft.status, draft.dedupe_key) == ("draft", None)
    assert any("drafts" in note["detail"] for note in row.notes if note["code"] == "no_time")
    again = load("text\nSome day\n")
    assert [item.post_id for item in again.items.all()] == [draft.pk]
    assert Post.objects.count() == 1


def test_the_slot_column_names_other_accounts(load, operator: Principal) -> None:
    second = Account.objects.create(slot=2)
    text = f"text,scheduled_time,slot\nHere,{WHEN},\nThere,{WHEN},2\n"
    limited = Principal(kind="agent", id="a", label="bot", slots=frozenset({1}))
    refused = load(text, actor=limited)
    assert problems(refused) == [(3, "slot", "account_not_allowed")]
    assert not Post.objects.exists()
    load(text)
    assert [post.account.slot for post in Post.objects.order_by("pk")] == [1, second.slot]
    assert problems(load(f"text,scheduled_time,slot\nX,{WHEN},9\n")) == [
        (2, "slot", "account_missing")
    ]


def test_media_that_is_missing_ambiguous_or_somewhere_else(load, operator: Principal) -> None:
    red, _ = add_media(file=io.BytesIO(image("PNG")), name="cat.png", actor=operator)
    add_media(file=io.BytesIO(image("PNG", colour="blue")), name="cat.png", actor=operator)
    row = load(
        "text,scheduled_time,media\n"
        f"a,{WHEN},dog.png\nb,{WHEN},cat.png\nc,{WHEN},https://example.com/x.png\n"
        f"d,{WHEN},{red.sha256[:12]}\ne,{WHEN},../{red.stored_name}\n",
        partial=True,
    )
    assert problems(row) == [
        (2, "media", "media_missing"),
        (3, "media", "media_ambiguous"),
        (4, "media", "media_not_fetched"),
        (6, "media", "bad_media"),
    ]
    assert Post.objects.get().parts.get().media.get().asset == red


def test_what_x_would_refuse_is_told_by_line_and_column(load, operator: Principal) -> None:
    add_media(file=io.BytesIO(gif(2)), name="a.gif", actor=operator)
    add_media(file=io.BytesIO(image("PNG")), name="b.png", actor=operator)
    row = load(
        "When,Message,Thread,Pictures\n"
        f"{WHEN},Buy $AAPL and $TSLA,,\n"
        f"{WHEN},one,t,\n,two,t,a.gif|b.png\n",
        mapping={"When": "scheduled_time", "Pictures": "media"},
    )
    assert problems(row) == [(2, "Message", "too_many_cashtags"), (4, "Pictures", "exclusive")]


def test_only_the_chosen_lines(load) -> None:
    text = f"text,scheduled_time,thread\nA,{WHEN},\nB,soon,\nC,{WHEN},t\nD,,t\nE,{WHEN},\n"
    row = load(text, lines=(2, 5))
    assert results(row) == [(2, "post", True), (4, "thread", True)]
    assert (row.status, row.imported) == ("finished", 2)
    missing = load(text, lines=(3, 99))
    assert problems(missing) == [(3, "scheduled_time", "bad_time"), (99, "", "no_such_line")]


@pytest.mark.parametrize("text", ["", "nonsense", "text,scheduled_time\n", 'text\n"open', "\0\0"])
def test_files_that_are_none_are_kept_with_their_error(load, text: str) -> None:
    row = load(text, partial=True)
    assert row.status == "refused"
    assert row.errors
    assert row.path.read_bytes() == text.encode()


def test_the_event_and_the_sweep(load, folders: Path) -> None:
    row = load(f"text,scheduled_time\nA,{WHEN}\n")
    event = Event.objects.get(name="import.finished")
    assert (event.object_id, event.data["imported"]) == (str(row.pk), 1)
    os.utime(row.path, (0, 0))
    left = folders / "imports" / "left.part"
    left.write_bytes(b"x")
    os.utime(left, (0, 0))
    assert sweep_imports() == 1
    assert row.path.is_file()
