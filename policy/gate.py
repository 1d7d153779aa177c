"""The one lock between "pause" and "start": shared for those who start, exclusive to pause."""

from __future__ import annotations

from django.db import connection

from policy.models import Gate


def read_epoch() -> int:
    """The pause epoch, held against change until the caller's transaction ends.

    On SQLite an atomic block holds the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT epoch FROM policy_gate WHERE id = 1 FOR SHARE")
            return int(cursor.fetchone()[0])
    return Gate.objects.values_list("epoch", flat=True).get(pk=1)


def next_epoch() -> int:
    """Wait for every start under way to commit, then begin a new epoch."""
    gate = Gate.objects.select_for_update().get(pk=1)
    gate.epoch += 1
    gate.save(update_fields=["epoch"])
    return gate.epoch
