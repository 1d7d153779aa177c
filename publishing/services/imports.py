"""Importing files of posts: at once where they are small, in the worker where they are not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django_q.tasks import async_task

from accounts.access import check_slot
from accounts.errors import InvalidError
from accounts.models import Account
from accounts.principals import Principal
from accounts.x.text import weighted_length
from execution import clock
from execution.engine.identity import is_lost, worker_name
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
from publishing.importing import MAX_BYTES, RowError, parse
from publishing.models import PostImport
from publishing.services.import_candidates import Checked, check_rows
from publishing.services.import_options import ImportOptions, actor_of, options_of
from publishing.services.import_writing import (
    LEASE,
    finish,
    held,
    record_check,
    write_batch,
    write_step,
)
from publishing.states import ImportStatus

OPEN = (ImportStatus.PENDING, ImportStatus.RUNNING)
AT_ONCE_ITEMS = 200
AT_ONCE_BREAKS = 2000  # line breaks: a file with more is not even read in the request
BATCH_ITEMS = 40  # about 50 ms on SQLite
SLICE_SECONDS = 30.0  # then the worker's place goes to others, and the import queues again
PAUSE_SECONDS = 0.02  # between batches, in which others can write

Progress = Callable[[PostImport], None]


@dataclass(frozen=True)
class Upload:
    """A file that lies on disk; `checked` is there if it is small enough to import at once."""

    stored: StoredFile
    name: str
    account: Account
    actor: Principal
    options: ImportOptions
    received_at: datetime
    checked: Checked | None


def read_upload(
    *, file: Readable, name: str, account: Account, actor: Principal, options: ImportOptions
) -> Upload:
    """Store a file and look at it if it is small. Call outside a transaction; writes no row.

    Raises InvalidError for a file that is too large, ForbiddenError for a foreign account.
    """
    check_slot(actor, account.slot)
    try:
        stored = write_aside(_folder(), chunks_of(file), max_bytes=MAX_BYTES)
    except TooLargeError:
        raise InvalidError.of(
            "file",
            "file_too_large",
            f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it.",
        ) from None
    now = clock.now()
    data = stored.path.read_bytes()
    checked = None
    if data.count(b"\n") + data.count(b"\r") <= AT_ONCE_BREAKS:
        checked = _check(data, account, actor, options, received_at=now)
    return Upload(stored, shown_name(name), account, actor, options, now, checked)


def _folder() -> Path:
    return Path(settings.XM_HOME) / "imports"


def _check(
    data: bytes,
    account: Account,
    actor: Principal,
    options: ImportOptions,
    *,
    received_at: datetime,
    start: int = 0,
) -> Checked:
    parsed = parse(
        data,
        default_zone=account.timezone,
        now=received_at,  # and not this moment: a worker that goes on must read the same rows
        length=weighted_length,
        zone_override=options.timezone or None,
        format=options.format,
        date_order=options.date_order,
        mapping=options.mapping,
    )
    return check_rows(
        parsed, account=account, actor=actor, now=clock.now(), lines=options.lines, start=start
    )


def begin_import(upload: Upload, *, hold: bool = False) -> PostImport:
    """Make the import of a stored file: finished if it is small, else handed to the worker.

    `hold`: nothing is done or handed over; the caller has the lease and goes on with
    `continue_import`.
    """
    with transaction.atomic():
        name = f"{random_name()}.csv"
        row = PostImport.objects.create(
            account=upload.account,
            file_name=upload.name,
            stored_name=name,
            sha256=upload.stored.sha256,
            options=upload.options.as_json(upload.actor),
            dry_run=upload.options.dry_run,
            created_by=upload.actor.label,
            created_by_key=upload.actor.key,
            created_at=upload.received_at,
        )
        upload.stored.place(name)
        if hold:
            row.worker, row.lease_token = worker_name(), uuid.uuid4().hex
            row.lease_until = clock.now() + LEASE
            row.save(update_fields=["worker", "lease_token", "lease_until"])
        elif upload.checked and len(upload.checked.candidates) <= AT_ONCE_ITEMS:
            record_check(row, upload.checked)
            if upload.checked.candidates:
                write_batch(row, upload.checked.candidates, actor=upload.actor, written={})
            finish(row, actor=upload.actor)
        else:
            import_id = row.pk
            transaction.on_commit(lambda: ring(import_id))
    return row


def start_import(
    *, file: Readable, name: str, account: Account, actor: Principal, options: ImportOptions
) -> PostImport:
    """Import a file, or begin to. Where the caller has a transaction of its own, it calls
    `read_upload` before it and `begin_import` in it."""
    upload = read_upload(file=file, name=name, account=account, actor=actor, options=options)
    try:
        return begin_import(upload)
    finally:
        upload.stored.discard()


def ring(import_id: int) -> None:
    """Tell the worker that there may be an import to go on with."""
    async_task("publishing.tasks.run_import", import_id)


def _unfinished() -> QuerySet[PostImport]:
    return PostImport.objects.filter(status__in=OPEN).order_by("pk")


def _is_held(row: PostImport, now: datetime) -> bool:
    return bool(row.lease_until and row.lease_until > now and not is_lost(row.worker))


def resume_imports() -> None:
    """Ring for the oldest import that nobody works on: its message or its worker was lost."""
    rows = list(_unfinished().only("pk", "lease_until", "worker"))
    now = clock.now()
    if rows and not any(_is_held(row, now) for row in rows):
        ring(rows[0].pk)


def take_import(import_id: int) -> str | None:
    """The lease on an import; None if it has ended or someone works on this or another one.

    One at a time: the worker's other places are for what is due.
    """
    now = clock.now()
    rows = list(_unfinished().only("pk", "lease_until", "lease_token", "worker"))
    wanted = next((row for row in rows if row.pk == import_id), None)
    if wanted is None or any(_is_held(row, now) for row in rows):
        return None
    token = uuid.uuid4().hex
    taken = PostImport.objects.filter(
        pk=import_id, lease_token=wanted.lease_token, status__in=OPEN
    ).update(lease_token=token, worker=worker_name(), lease_until=now + LEASE)
    return token if taken else None


def continue_import(
    import_id: int,
    token: str,
    *,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> bool:
    """Go on with an import until it ends (True) or the seconds are over (False).

    The lease is given back then. Raises LostLeaseError if another process took it over.
    """
    until = None if seconds is None else time.monotonic() + seconds
    row = PostImport.objects.select_related("account").get(pk=import_id)
    actor, written = actor_of(row), dict[str, int]()
    try:
        data = row.path.read_bytes()
    except OSError as error:
        give_up(import_id, token, f"The stored file can't be read ({error.strerror}).")
        return True
    checked = _check(
        data,
        row.account,
        actor,
        options_of(row),
        received_at=row.created_at,
        start=row.done_items,
    )
    if row.passed is not None and row.total_items != len(checked.candidates):
        give_up(import_id, token, "The program was changed meanwhile and reads the file anew.")
        return True
    while not row.ended:
        row = write_step(
            import_id, token, checked, actor=actor, written=written, batch_items=BATCH_ITEMS
        )
        if progress:
            progress(row)
        if until is not None and time.monotonic() >= until and not row.ended:
            release(import_id, token)
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def give_up(import_id: int, token: str, cause: str) -> None:
    """End an import that can't go on, and say how to get the rest of it."""
    detail = (
        f"{cause} The import stopped here. Import the file again: what it has written is told as "
        "a duplicate and not written twice."
    )
    with transaction.atomic():
        row = held(import_id, token)
        row.passed = bool(row.passed)
        row.errors = [*row.errors, asdict(RowError(1, "", "interrupted", detail))]
        row.save(update_fields=["passed", "errors"])
        finish(row, actor=actor_of(row))


def release(import_id: int, token: str) -> None:
    """Let anybody go on with the import at once."""
    PostImport.objects.filter(pk=import_id, lease_token=token).update(lease_until=None, worker="")


def sweep_imports() -> int:
    """Delete files of imports that were never begun."""
    return sweep(
        _folder(),
        lambda names: set(
            PostImport.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
        ),
    )
