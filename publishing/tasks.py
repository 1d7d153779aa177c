"""What django-q2 runs for this app. A message is only a hint: the table says what is true."""

from __future__ import annotations

import logging

from django.db import DatabaseError

from publishing.services.import_writing import LostLeaseError
from publishing.services.imports import (
    SLICE_SECONDS,
    continue_import,
    give_up,
    release,
    ring,
    take_import,
)

logger = logging.getLogger(__name__)


def run_import(import_id: int) -> None:
    """Go on with an import for a while; nothing happens if someone else does."""
    token = take_import(import_id)
    if token is None:
        return
    try:
        if not continue_import(import_id, token, seconds=SLICE_SECONDS):
            ring(import_id)
    except LostLeaseError:
        logger.info("Import %s goes on in another process", import_id)
    except DatabaseError as error:
        logger.warning("Import %s: the database did not answer (%s); later", import_id, error)
        release(import_id, token)
    except Exception:
        logger.exception("Import %s stopped", import_id)
        give_up(import_id, token, "A fault of the program (it is in the worker's log).")
