"""Keeping files: once, privately, and not lost."""

from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path

import pytest
from django.db import transaction

from accounts.errors import ConflictError, InvalidError, MissingError
from accounts.models import Account, Event
from accounts.principals import Principal
from publishing.content import PartContent, PartMediaContent, PostContent
from publishing.models import MediaAsset
from publishing.services.media import add_media, delete_media, edit_alt_text, sweep_media
from publishing.services.posts import write_post
from tests.publishing.media_samples import image

pytestmark = pytest.mark.usefixtures("folders")
RED = image("PNG")


def add(operator: Principal, data: bytes = RED, name: str = "red.png", alt_text: str = ""):
    return add_media(file=io.BytesIO(data), name=name, alt_text=alt_text, actor=operator)


def test_a_file_is_kept_under_a_random_name_and_only_for_us(
    db: None, operator: Principal, folders: Path
) -> None:
    asset, created = add(operator, alt_text="Red")
    assert created
    assert asset.original_name == "red.png"
    assert "red" not in asset.stored_name
    assert asset.path.read_bytes() == RED
    assert stat.S_IMODE(asset.path.stat().st_mode) == 0o600
    assert [path.name for path in (folders / "media").iterdir()] == [asset.stored_name]
    event = Event.objects.get(name="media.added")
    assert (event.object_id, event.actor_label) == (str(asset.pk), "olga")


def test_the_same_bytes_are_the_same_asset(db: None, operator: Principal, folders: Path) -> None:
    first, _ = add(operator)
    again, created = add(operator, name="other.jpg", alt_text="Red")
    assert (again.pk, created) == (first.pk, False)
    assert again.alt_text == "Red"  # there was none
    third, _ = add(operator, alt_text="Blue")
    assert third.alt_text == "Red"
    assert len(list((folders / "media").iterdir())) == 1
    assert Event.objects.filter(name="media.added").count() == 1


def test_a_lost_file_comes_back_with_the_next_upload(db: None, operator: Principal) -> None:
    asset, _ = add(operator)
    asset.path.unlink()
    again, created = add(operator)
    assert (again.pk, created) == (asset.pk, False)
    assert asset.path.read_bytes() == RED


def test_a_long_alt_text_is_refused_before_the_file_is_read(db: None, operator: Principal) -> None:
    with pytest.raises(InvalidError):
        add(operator, alt_text="x" * 1001)
    asset, _ = add(operator)
    with pytest.raises(InvalidError):
        edit_alt_text(asset_id=asset.pk, alt_text="x" * 1001, actor=operator)


def test_editing_the_alt_text_is_told_once(db: None, operator: Principal) -> None:
    asset, _ = add(operator)
    edit_alt_text(asset_id=asset.pk, alt_text="Red", actor=operator)
    edit_alt_text(asset_id=asset.pk, alt_text="Red", actor=operator)
    assert MediaAsset.objects.get().alt_text == "Red"
    assert Event.objects.filter(name="media.edited").count() == 1


def test_a_file_in_use_stays(account: Account, operator: Principal) -> None:
    asset, _ = add(operator)
    content = PostContent(parts=(PartContent("Hello", (PartMediaContent(asset),)),))
    write_post(account=account, content=content, actor=operator, draft=True)
    with pytest.raises(ConflictError) as refused:
        delete_media(asset_id=asset.pk, actor=operator)
    assert refused.value.code == "in_use"
    assert asset.path.is_file()


@pytest.mark.django_db(transaction=True)
def test_an_unused_file_goes_with_its_row(operator: Principal) -> None:
    asset, _ = add(operator)
    with transaction.atomic():
        delete_media(asset_id=asset.pk, actor=operator)
        transaction.set_rollback(True)
    assert asset.path.is_file()  # the row is back, so its file must be there
    delete_media(asset_id=asset.pk, actor=operator)
    assert not asset.path.exists()
    with pytest.raises(MissingError):
        delete_media(asset_id=asset.pk, actor=operator)


def test_the_sweep_takes_only_what_is_old_and_nobodys(
    db: None, operator: Principal, folders: Path
) -> None:
    asset, _ = add(operator)
    media = folders / "media"
    for name in ("left.part", "orphan.png", "fresh.part"):
        (media / name).write_bytes(b"x")
    yesterday = time.time() - 86_400
    for path in (asset.path, media / "left.part", media / "orphan.png"):
        os.utime(path, (yesterday, yesterday))
    assert sweep_media() == 2
    assert {path.name for path in media.iterdir()} == {asset.stored_name, "fresh.part"}
