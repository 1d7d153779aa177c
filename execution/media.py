"""Files on their way to X: uploaded ahead of time, once per account, file and alt text."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import Account
from accounts.services.credentials import client_for
from accounts.states import AccountStatus
from accounts.x.client import XClient
from accounts.x.errors import NotSent, RateLimited, Rejected, Unauthorized, XError
from execution import clock
from execution.engine.crash import point
from execution.handlers import EffectRequest, MediaNeed, RefusedByContentError, handler_of
from execution.models import Action, MediaUpload
from execution.states import ActionStatus
from policy.call_log import call_logger

logger = logging.getLogger(__name__)
AHEAD = timedelta(minutes=15)
SPARE = timedelta(minutes=10)  # an upload that expires sooner than this is made anew
MAX_TRIES = 6
LEASE = timedelta(seconds=150)  # django-q2 ends a task after 120 s
State = MediaUpload.State


def ready_ids(
    account_id: int, needs: Sequence[MediaNeed], now: datetime
) -> tuple[list[str] | None, tuple[str, str] | None]:
    """X's ids for the files, in order; (None, None) while one is on its way; or (None, problem)."""
    rows = MediaUpload.objects.filter(
        account_id=account_id, sha256__in=[need.sha256 for need in needs]
    )
    uploads = {(row.sha256, row.alt_text): row for row in rows}
    found = [uploads.get((need.sha256, need.alt_text)) for need in needs]
    for row in found:
        if row and row.state == State.FAILED:
            return None, (row.error_code or "media_failed", row.error_detail)
    usable = [
        row.x_media_id
        for row in found
        if row and row.state == State.READY and row.expires_at and row.expires_at > now + SPARE
    ]
    return (usable, None) if len(usable) == len(needs) else (None, None)


def waiting_accounts(now: datetime) -> list[int]:
    """Accounts with an action that leaves soon and has files to bring up first."""
    return list(_soon(now).order_by("account_id").values_list("account_id", flat=True).distinct())


def _soon(now: datetime) -> QuerySet[Action]:
    return Action.objects.filter(
        status=ActionStatus.SCHEDULED,
        needs_media=True,
        due_at__lte=now + AHEAD,
        account__status=AccountStatus.CONNECTED,
    )


def prepare_account(account_id: int) -> None:
    """Bring up the files of the account's next actions. Safe to run twice at once."""
    now = clock.now()
    for action in _soon(now).filter(account_id=account_id).order_by("due_at", "id")[:20]:
        try:
            request = handler_of(action.action_type).request(action)
        except RefusedByContentError:
            Action.objects.filter(pk=action.pk).update(needs_media=False)  # the claim tells why
            continue
        _prepare(action, request)


def _prepare(action: Action, request: EffectRequest) -> None:
    done = True
    for need in request.media:
        done = _bring_up(action.account_id, need) and done
    if done:
        Action.objects.filter(pk=action.pk, status=ActionStatus.SCHEDULED).update(
            needs_media=False, next_attempt_at=None
        )


def _bring_up(account_id: int, need: MediaNeed) -> bool:
    """Take the next step with one file; True when nothing is left to do for it."""
    now = clock.now()
    row, _ = MediaUpload.objects.get_or_create(
        account_id=account_id, sha256=need.sha256, alt_text=need.alt_text
    )
    if row.state == State.FAILED:
        return True
    if row.state == State.READY and row.expires_at and row.expires_at > now + SPARE:
        return True
    if row.next_try_at and row.next_try_at > now:
        return False
    lease = now + LEASE
    mine = (
        MediaUpload.objects.filter(pk=row.pk)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        .update(lease_until=lease)
    )
    if not mine:
        return False
    row.refresh_from_db()
    try:
        _step(row, need)
    except XError as error:
        _note_trouble(row, error)
    except OSError as error:
        row.state, row.error_code = State.FAILED, "media_file_missing"
        row.error_detail = f"The file can't be read ({error.strerror}). Upload it again."
    row.lease_until = None
    row.save()
    return row.state in (State.READY, State.FAILED)


def _client(account_id: int) -> XClient:
    account = Account.objects.select_related("app").get(pk=account_id)
    return client_for(account, on_call=call_logger(account_id))


def _step(row: MediaUpload, need: MediaNeed) -> None:
    client = _client(row.account_id)
    now = clock.now()
    if row.state == State.PROCESSING:
        upload = client.media_status(row.x_media_id)
    else:
        with need.path.open("rb") as file:
            upload = client.upload_media(
                file,
                media_type=need.mime_type,
                category=_category(need.mime_type),
                total_bytes=need.path.stat().st_size,
            )
        row.x_media_id = upload.id
        row.expires_at = now + timedelta(seconds=upload.expires_after_secs or 86_400)
        point("media.uploaded")
    if upload.failed:
        row.state, row.error_code = State.FAILED, "media_refused"
        row.error_detail = "X could not process the file. Check its format and upload another one."
        return
    if not upload.ready:
        wait = upload.processing.check_after_secs if upload.processing else None
        row.state = State.PROCESSING
        row.next_try_at = now + timedelta(seconds=min(wait or 1, 60))
        return
    if need.alt_text:
        client.set_alt_text(row.x_media_id, need.alt_text)
    row.state, row.next_try_at, row.error_code, row.error_detail = State.READY, None, "", ""


def _category(mime_type: str) -> Literal["tweet_image", "tweet_gif", "tweet_video"]:
    if mime_type == "image/gif":
        return "tweet_gif"
    return "tweet_video" if mime_type.startswith("video/") else "tweet_image"


def _note_trouble(row: MediaUpload, error: XError) -> None:
    now = clock.now()
    row.tries += 1
    row.error_code, row.error_detail = error.code, error.detail[:500]
    lasting = isinstance(error, Rejected) and not isinstance(error, RateLimited | Unauthorized)
    if lasting or (row.tries >= MAX_TRIES and not isinstance(error, NotSent | RateLimited)):
        row.state = State.FAILED
        row.error_detail = f"X refused the file: {error.detail}"[:500]
        return
    if row.state != State.PROCESSING:
        row.state = State.WAITING
    wait = timedelta(seconds=min(60, settings.XM_CALL_DEADLINE_SECONDS, 2**row.tries))
    reset = error.reset_at if isinstance(error, RateLimited) else None
    row.next_try_at = reset or now + wait
