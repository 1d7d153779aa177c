"""What X's own answers teach about an account."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.capability_rules import capability_name
from accounts.events import EventName, record_event
from accounts.models import Account, Capability
from accounts.principals import SYSTEM

TARGETS_TO_BE_SURE = 2
TRY_AGAIN_AFTER = timedelta(days=1)
REASON_CHARS = 300


def learn_refusal(account: Account, operation: str, target: str, reason: str) -> None:
    """X refused `operation` on `target` (a post, a person, a text) as not permitted.

    Two different targets make it a property of the account: the capability is off, and tried
    again daily. For refusals that are about the target (it did not summon us, it takes no DMs,
    it is gone) this is the wrong function: they teach nothing about the account.
    """
    name = capability_name(operation)
    now = timezone.now()
    with transaction.atomic():
        row = _locked(account, name)
        targets = [*row.refused_targets]
        if target not in targets:
            targets.append(target)
        was = row.allowed
        sure = was is False or len(targets) >= TARGETS_TO_BE_SURE
        row.refused_targets = targets[-TARGETS_TO_BE_SURE:]
        row.allowed = False if sure else None
        row.reason = reason[:REASON_CHARS]
        row.learned_at = now
        row.retry_at = now + TRY_AGAIN_AFTER if sure else None
        row.save()
        if sure and was is not False:
            _record(account, row)


def learn_success(account: Account, operation: str) -> None:
    """X carried out `operation`: earlier refusals no longer count. Cheap when nothing is new."""
    name = capability_name(operation)
    known = Capability.objects.filter(account=account, name=name, allowed=True)
    if known.exists():
        return
    with transaction.atomic():
        row = _locked(account, name)
        was = row.allowed
        row.allowed = True
        row.reason = "X carried it out."
        row.refused_targets = []
        row.learned_at = timezone.now()
        row.retry_at = None
        row.save()
        if was is False:
            _record(account, row)


def _locked(account: Account, name: str) -> Capability:
    row, _ = Capability.objects.select_for_update().get_or_create(
        account=account, name=name, defaults={"allowed": None, "learned_at": timezone.now()}
    )
    return row


def _record(account: Account, row: Capability) -> None:
    record_event(
        EventName.CAPABILITY_LEARNED,
        actor=SYSTEM,
        object_type="account",
        object_id=account.pk,
        account_slot=account.slot,
        capability=row.name,
        allowed=row.allowed,
        reason=row.reason,
    )
