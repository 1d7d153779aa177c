"""The media library: files are taken in, looked through, and kept once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.errors import ConflictError, InvalidError, MissingError
from accounts.events import EventName, record_event
from accounts.principals import Principal
from publishing.files import (
    Readable,
    StoredFile,
    TooLargeError,
    chunks_of,
    random_name,
    shown_name,
    sweep,
    write_aside,
)
from publishing.media.images import read_image
from publishing.media.kinds import (
    MAX_ALT_TEXT,
    MEGABYTE,
    MP4,
    Facts,
    Kind,
    RefusedFileError,
    kind_of,
)
from publishing.media.mp4 import read_mp4
from publishing.models import MediaAsset

MEDIA = "media"


@dataclass(frozen=True)
class CheckedFile:
    """A file that was read through and found good; not in the library yet."""

    stored: StoredFile
    kind: Kind
    facts: Facts
    name: str


def check_file(file: Readable, *, name: str) -> CheckedFile:
    """Stream a file to disk and look through it; no database. Raises InvalidError.

    Follow it with `keep` or `discard`; a file that gets neither is swept an hour later.
    """
    chunks = chunks_of(file)
    first = next(chunks, b"")
    try:
        kind = kind_of(first)
        stored = _store(chain([first], chunks), kind)
    except RefusedFileError as refused:
        raise InvalidError.of("file", refused.code, refused.detail) from None
    try:
        facts = read_mp4(stored.path) if kind is MP4 else read_image(stored.path, kind)
    except RefusedFileError as refused:
        stored.discard()
        raise InvalidError.of("file", refused.code, refused.detail) from None
    except BaseException:
        stored.discard()
        raise
    return CheckedFile(stored, kind, facts, shown_name(name))


def _store(chunks: chain[bytes], kind: Kind) -> StoredFile:
    try:
        return write_aside(Path(settings.MEDIA_ROOT), chunks, max_bytes=kind.max_bytes)
    except TooLargeError:
        raise RefusedFileError(
            "too_large",
            f"The file is larger than the {kind.max_bytes // MEGABYTE} MB that X takes of "
            f"{kind.mime_type}. Make it smaller.",
        ) from None


def keep(checked: CheckedFile, *, alt_text: str, actor: Principal) -> tuple[MediaAsset, bool]:
    """Put a checked file into the library; (asset, whether it is new).

    The same bytes are the same asset, whatever they are called. An alt text is kept where
    there is none yet.
    """
    _check_alt_text(alt_text)
    with transaction.atomic():
        there = _same(checked)
        if there is None:
            try:
                with transaction.atomic():
                    return _add(checked, alt_text, actor), True
            except IntegrityError:
                there = _same(checked)  # someone added the same file at this moment
                if there is None:
                    raise
        if alt_text and not there.alt_text:
            _set_alt_text(there, alt_text, actor)
        if there.path.is_file():
            checked.stored.discard()
        else:
            checked.stored.place(there.stored_name)  # the library lost its file: here it is again
    return there, False


def _same(checked: CheckedFile) -> MediaAsset | None:
    return MediaAsset.objects.filter(sha256=checked.stored.sha256).first()


def _add(checked: CheckedFile, alt_text: str, actor: Principal) -> MediaAsset:
    asset = MediaAsset.objects.create(
        sha256=checked.stored.sha256,
        mime_type=checked.kind.mime_type,
        size=checked.stored.size,
        width=checked.facts.width,
        height=checked.facts.height,
        duration_seconds=checked.facts.duration_seconds,
        stored_name=f"{random_name()}.{checked.kind.extension}",
        original_name=checked.name,
        alt_text=alt_text,
        created_by=actor.label,
    )
    record_event(
        EventName.MEDIA_ADDED,
        actor=actor,
        object_type=MEDIA,
        object_id=asset.pk,
        sha256=asset.sha256,
        mime_type=asset.mime_type,
        size=asset.size,
    )
    # Before the commit: a file without a row is swept, a row without a file would fail posts.
    checked.stored.place(asset.stored_name)
    return asset


def add_media(
    *, file: Readable, name: str, alt_text: str = "", actor: Principal
) -> tuple[MediaAsset, bool]:
    """Check a file and keep it; (asset, whether it is new). Raises InvalidError.

    Inside a transaction call `check_file` before it begins and `keep` in it: looking through a
    large file takes seconds.
    """
    _check_alt_text(alt_text)
    checked = check_file(file, name=name)
    try:
        return keep(checked, alt_text=alt_text, actor=actor)
    finally:
        checked.stored.discard()


def _check_alt_text(alt_text: str) -> None:
    if len(alt_text) > MAX_ALT_TEXT:
        raise InvalidError.of(
            "alt_text",
            "too_long",
            f"The alt text has {len(alt_text)} characters, and X takes {MAX_ALT_TEXT}. Shorten it.",
        )


def edit_alt_text(*, asset_id: int, alt_text: str, actor: Principal) -> MediaAsset:
    """The text that posts use which bring none of their own."""
    _check_alt_text(alt_text)
    with transaction.atomic():
        asset = _held(asset_id)
        if asset.alt_text != alt_text:
            _set_alt_text(asset, alt_text, actor)
    return asset


def _set_alt_text(asset: MediaAsset, alt_text: str, actor: Principal) -> None:
    asset.alt_text = alt_text
    asset.save(update_fields=["alt_text"])
    record_event(
        EventName.MEDIA_EDITED,
        actor=actor,
        object_type=MEDIA,
        object_id=asset.pk,
        fields=["alt_text"],
    )


def delete_media(*, asset_id: int, actor: Principal) -> None:
    """Remove a file that no post uses. Raises ConflictError `in_use`."""
    with transaction.atomic():
        asset = _held(asset_id)
        path = asset.path
        try:
            with transaction.atomic():
                asset.delete()
        except ProtectedError:
            post_id = asset.uses.values_list("part__post_id", flat=True).first()
            raise ConflictError(
                "in_use",
                f"Post {post_id} uses this file, perhaps others too. Take it out of them first.",
            ) from None
        record_event(EventName.MEDIA_DELETED, actor=actor, object_type=MEDIA, object_id=asset_id)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _held(asset_id: int) -> MediaAsset:
    asset = MediaAsset.objects.select_for_update().filter(pk=asset_id).first()
    if asset is None:
        raise MissingError("media_missing", f"There is no file {asset_id} in the media library.")
    return asset


def sweep_media() -> int:
    """Delete files that an upload left behind when its process ended."""
    return sweep(
        Path(settings.MEDIA_ROOT),
        lambda names: set(
            MediaAsset.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
        ),
    )
