"""Writing an import: the verdict on the file, its batches, its end. Each is one transaction.

Every step asks that the caller still holds the import's lease and stands where the import
stands, so that a process that was killed, stopped or slow neither skips nor doubles a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from django.db import transaction
from django.db.models import Count

from accounts.events import EventName, record_event
from accounts.principals import Principal
from execution import clock
from execution.engine.crash import point
from publishing.importing import RowError
from publishing.models import MediaAsset, PostImport, PostImportItem
from publishing.services.bulk import posts_with, write_posts
from publishing.services.import_candidates import Candidate, Checked
from publishing.states import ImportResult, ImportStatus

LEASE = timedelta(seconds=60)
IMPORT = "import"


class LostLeaseError(Exception):
    """Another process goes on with this import."""


def held(import_id: int, token: str) -> PostImport:
    """The import, held until the transaction ends. Raises LostLeaseError."""
    row = PostImport.objects.select_for_update(of=("self",)).get(pk=import_id)
    if row.lease_token != token or row.ended:
        raise LostLeaseError
    return row


def record_check(row: PostImport, checked: Checked) -> None:
    """Give the verdict on the whole file. Call with a held import that has none yet."""
    good = checked.count(ImportResult.POST, ImportResult.THREAD)
    duplicates = checked.count(ImportResult.DUPLICATE)
    row.passed = not checked.errors or bool(row.options["partial"] and (good or duplicates))
    row.status = ImportStatus.RUNNING
    row.format, row.encoding = checked.parsed.format, checked.parsed.encoding
    row.rows, row.total_items = checked.parsed.rows, len(checked.candidates)
    row.importable, row.skipped = good, duplicates
    row.errors = [asdict(error) for error in checked.errors]
    row.notes = [_note(note) for note in checked.notes]
    row.save()


def _note(note: RowError) -> dict[str, object]:
    if note.code == "no_time":
        note = replace(note, detail=f"{note.detail} They are imported as drafts.")
    return asdict(note)


def write_batch(
    row: PostImport, batch: Sequence[Candidate], *, actor: Principal, written: dict[str, int]
) -> None:
    """Write one batch with its results and progress. Call with a held import.

    `written`: dedupe key -> post, of what this run wrote; it is added to.
    """
    if row.done_items != batch[0].position:
        raise LostLeaseError
    if row.passed and not row.dry_run:
        items = _write_posts(row, batch, actor, written)
    else:
        items = [_item(row, each, each.result, each.duplicate_of) for each in batch]
    PostImportItem.objects.bulk_create(items)
    row.done_items += len(batch)
    row.lease_until = clock.now() + LEASE
    row.save(update_fields=["done_items", "imported", "lease_until"])


def _write_posts(
    row: PostImport, batch: Sequence[Candidate], actor: Principal, written: dict[str, int]
) -> list[PostImportItem]:
    _refuse_lost_media(batch)
    _tell_late_errors(row, batch)
    there = posts_with(each.new.key for each in batch if each.new and not each.errors)
    fresh = [
        (each, each.new)
        for each in batch
        if each.new and not each.errors and not each.is_duplicate and each.new.key not in there
    ]
    results = write_posts([new for _, new in fresh], actor=actor, post_import=row)
    became: dict[int, tuple[ImportResult, int]] = {}
    for (each, new), result in zip(fresh, results, strict=True):
        written[new.key] = result.post.pk
        kind = ImportResult.DUPLICATE if result.duplicate else each.result
        became[each.position] = kind, result.post.pk
        row.imported += not result.duplicate
    items = []
    for each in batch:
        if each.position in became:
            items.append(_item(row, each, *became[each.position]))
        elif each.new is None or each.errors:
            items.append(_item(row, each, ImportResult.ERROR, None))
        else:
            key = each.new.key
            found = each.duplicate_of or there.get(key) or written.get(key)
            items.append(_item(row, each, ImportResult.DUPLICATE, found))
    return items


def _refuse_lost_media(batch: Sequence[Candidate]) -> None:
    """Files may have been deleted since the check; hold the rest until the posts use them."""
    wanted = {asset_id for each in batch for asset_id in _asset_ids(each)}
    if not wanted:
        return
    assets = MediaAsset.objects.select_for_update().filter(pk__in=wanted)
    there = set(assets.values_list("pk", flat=True))
    for each in batch:
        if set(_asset_ids(each)) - there:
            detail = "The file was deleted from the media library meanwhile. Add it again."
            each.errors.append(RowError(each.item.line, "", "media_missing", detail))


def _asset_ids(candidate: Candidate) -> Iterable[int]:
    if candidate.new:
        for part in candidate.new.content.parts:
            for medium in part.media:
                yield medium.asset.pk


def _tell_late_errors(row: PostImport, batch: Sequence[Candidate]) -> None:
    """Errors that were none when the file was checked: a time that passed, a file deleted."""
    known = {(error["line"], error["column"], error["code"]) for error in row.errors}
    errors = [error for each in batch for error in each.errors]
    late = [e for e in errors if (e.line, e.column, e.code) not in known]
    if late:
        row.errors = row.errors + [asdict(error) for error in late]
        row.save(update_fields=["errors"])


def _item(
    row: PostImport, candidate: Candidate, result: ImportResult, post_id: int | None
) -> PostImportItem:
    return PostImportItem(
        post_import=row,
        position=candidate.position,
        line=candidate.item.line,
        result=result,
        post_id=post_id,
    )


def finish(row: PostImport, *, actor: Principal) -> None:
    """Close an import whose items are all done. Call with a held import."""
    row.status = ImportStatus.FINISHED if row.passed else ImportStatus.REFUSED
    row.finished_at = clock.now()
    row.lease_until, row.lease_token, row.worker = None, "", ""
    if row.passed and not row.dry_run:
        _count_results(row)
    row.save()
    if not row.dry_run:
        record_event(
            EventName.IMPORT_FINISHED,
            actor=actor,
            object_type=IMPORT,
            object_id=row.pk,
            account_slot=row.account.slot,
            status=row.status,
            rows=row.rows,
            imported=row.imported,
            skipped=row.skipped,
            errors=len(row.errors),
        )


def _count_results(row: PostImport) -> None:
    """What the check foresaw may have come otherwise: someone else wrote the same words."""
    counts = {
        found["result"]: found["count"]
        for found in row.items.order_by().values("result").annotate(count=Count("pk"))
    }
    row.skipped = counts.get(ImportResult.DUPLICATE, 0)
    row.imported = counts.get(ImportResult.POST, 0) + counts.get(ImportResult.THREAD, 0)
    row.importable = row.imported


def write_step(
    import_id: int,
    token: str,
    checked: Checked,
    *,
    actor: Principal,
    written: dict[str, int],
    batch_items: int,
) -> PostImport:
    """The next transaction of an import: its verdict, a batch, or its end."""
    with transaction.atomic():
        row = held(import_id, token)
        if row.passed is None:
            record_check(row, checked)
        elif row.done_items < row.total_items:
            batch = checked.candidates[row.done_items : row.done_items + batch_items]
            write_batch(row, batch, actor=actor, written=written)
        else:
            finish(row, actor=actor)
        point("import.before_commit")
    if not row.ended:
        point("import.between_batches")
    return row
