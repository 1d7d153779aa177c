"""Who renews an account's token pair: one holder at a time, across processes and machines.

The lease is three columns of the secret's row, changed by compare-and-set and timed by the
database's clock. No transaction is open while its holder talks to X.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import AccountSecret

TRIES = 2  # of the one who holds it; each takes XM_CALL_DEADLINE_SECONDS at most
MARGIN_SECONDS = 15


class Lease(Enum):
    """What came of asking for the lease on a pair of tokens."""

    TAKEN = auto()
    TAKEN_OVER = auto()  # its last holder never came back
    HELD = auto()
    MOVED_ON = auto()  # there is another pair by now


def take(secret: AccountSecret, holder: str) -> Lease:
    """Ask for the lease on the pair that `secret` was read with, in the name of `holder`."""
    lasts = timedelta(seconds=TRIES * settings.XM_CALL_DEADLINE_SECONDS + MARGIN_SECONDS)
    mine = {"refresh_lease": holder, "refresh_lease_until": Now() + lasts}
    row = AccountSecret.objects.filter(pk=secret.pk, generation=secret.generation)
    if row.filter(refresh_lease="").update(**mine):
        return Lease.TAKEN
    run_out = Q(refresh_lease_until__isnull=True) | Q(refresh_lease_until__lte=Now())
    if row.filter(run_out).update(**mine):
        return Lease.TAKEN_OVER
    return Lease.HELD if row.exists() else Lease.MOVED_ON


def release(secret: AccountSecret, holder: str, *, rest: timedelta) -> None:
    """Give the lease back; for as long as `rest` nobody renews ahead of time (see `resting`)."""
    AccountSecret.objects.filter(pk=secret.pk, refresh_lease=holder).update(
        refresh_lease="", refresh_lease_until=Now() + rest
    )


def resting(secret: AccountSecret) -> bool:
    """Whether the last holder failed moments ago."""
    return AccountSecret.objects.filter(
        pk=secret.pk, refresh_lease="", refresh_lease_until__gt=Now()
    ).exists()


def given_back_unused(secret: AccountSecret) -> bool:
    """Whether nobody holds it and the pair is still the one that `secret` was read with."""
    return AccountSecret.objects.filter(
        pk=secret.pk, refresh_lease="", generation=secret.generation
    ).exists()
