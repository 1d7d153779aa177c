"""Moving every stored secret under the newest encryption key."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Model

from accounts.errors import UndecryptableError
from accounts.selectors import secret_models


@dataclass
class Rotation:
    """How many rows of each table were written anew, and the names of those no key opens."""

    saved: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def rotate_secrets() -> Rotation:
    """Save every encrypted row under the first key of FIELD_ENCRYPTION_KEY.

    A transaction per row: nobody waits for long, and a run that is cut off can be repeated.
    """
    rotation = Rotation()
    for model, names in secret_models():
        label = model._meta.label
        rotation.saved[label] = 0
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
            try:
                rotation.saved[label] += _save_anew(model, pk, names)
            except UndecryptableError:
                rotation.unreadable.append(f"{label} {pk}")
    return rotation


def _save_anew(model: type[Model], pk: object, names: list[str]) -> int:
    with transaction.atomic():
        # Locked: a token refresh in between must not be undone by what was read before it.
        row = model._default_manager.select_for_update().filter(pk=pk).first()
        if row is None:
            return 0
        row.save(update_fields=names)
    return 1
