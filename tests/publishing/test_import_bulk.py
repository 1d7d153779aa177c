"""Many posts at once become the same rows and events as one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from django.db import IntegrityError
from django.forms.models import model_to_dict

from accounts.models import Account, Event
from accounts.principals import Principal
from execution.models import Action, Lane
from publishing.content import PartContent, PostContent, dedupe_key
from publishing.models import Post, PostImport, PostPart
from publishing.services import bulk
from publishing.services.bulk import NewPost, write_posts
from publishing.services.posts import write_post

WHEN = datetime(2031, 3, 1, 14, 30, tzinfo=UTC)
CONTENTS = (
    PostContent(parts=(PartContent("One"),), scheduled_time=WHEN, labels=["x"]),
    PostContent(
        parts=(PartContent("a"), PartContent("b"), PartContent("c")),
        scheduled_time=WHEN,
        reply_to_post_id="123",
    ),
    PostContent(parts=(PartContent("Draft"),)),
)


def snapshot() -> list[Any]:
    """All rows, ids counted from each table's first one, in an order that does not matter."""
    offsets = {
        model: (model.objects.order_by("pk").values_list("pk", flat=True).first() or 0)
        for model in (Post, PostPart, Action)
    }
    links = {"post": Post, "action": Action, "depends_on": Action}
    rows: list[Any] = []
    for model in (Post, PostPart, Action):
        for row in model.objects.order_by("pk"):
            values = model_to_dict(row)
            values.pop("created_at", None)
            values["id"] = row.pk - offsets[model]
            for name, target in links.items():
                if values.get(name):
                    values[name] -= offsets[target]
            rows.append((model.__name__, values))
    for event in Event.objects.order_by("pk"):
        model = Post if event.object_type == "post" else Action
        number = int(event.object_id) - offsets[model]
        rows.append(("Event", [event.name, number, event.account_slot, event.data, event.actor_id]))
    return sorted(rows, key=repr)


def new_posts(account: Account) -> list[NewPost]:
    return [
        NewPost(account, content, dedupe_key(account.pk, content), len(content.parts) > 1)
        for content in CONTENTS
    ]


def test_the_same_rows_and_events(account: Account, operator: Principal) -> None:
    row = PostImport.objects.create(account=account, stored_name="a", sha256="")
    for each in new_posts(account):
        write_post(
            account=account,
            content=each.content,
            actor=operator,
            is_thread=each.is_thread,
            draft=each.draft,
            post_import=row,
        )
    expected = snapshot()
    for model in (PostPart, Action, Post, Event, Lane):
        if model is Action:
            Action.objects.update(depends_on=None)
        model.objects.all().delete()
    write_posts(new_posts(account), actor=operator, post_import=row)
    assert snapshot() == expected
    assert Lane.objects.get().account == account


def test_words_that_someone_wrote_at_this_moment(account: Account, operator: Principal) -> None:
    row = PostImport.objects.create(account=account, stored_name="a", sha256="")
    there = write_post(account=account, content=CONTENTS[0], actor=operator).post
    written = write_posts(new_posts(account), actor=operator, post_import=row)
    assert [each.duplicate for each in written] == [True, False, False]
    assert written[0].post == there
    assert Post.objects.count() == 3


def test_another_fault_is_not_taken_for_a_duplicate(account: Account, operator: Principal) -> None:
    row = PostImport.objects.create(account=account, stored_name="a", sha256="")
    with patch.object(bulk, "_write", side_effect=IntegrityError):
        written = write_posts(new_posts(account), actor=operator, post_import=row)
    assert not any(each.duplicate for each in written)
    assert Post.objects.count() == 3
