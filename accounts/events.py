"""The names of everything that is told, and the one function that tells it."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.models import Event
from accounts.principals import Principal


class EventName(models.TextChoices):
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_RECONNECT_NEEDED = "account.reconnect_needed"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    ACCOUNT_TOKEN_REFRESHED = "account.token_refreshed"
    ACCOUNT_REFRESH_FAILED = "account.refresh_failed"
    ACCOUNT_REFRESH_UNCLEAR = "account.refresh_unclear"
    CAPABILITY_LEARNED = "account.capability_learned"
    TOKEN_CREATED = "agent_token.created"
    TOKEN_REVOKED = "agent_token.revoked"
    OPERATOR_CREATED = "operator.created"
    PAUSED = "pause.on"
    RESUMED = "pause.off"
    ACTION_SCHEDULED = "action.scheduled"
    ACTION_STARTED = "action.started"
    ACTION_DEFERRED = "action.deferred"
    ACTION_DONE = "action.done"
    ACTION_FAILED = "action.failed"
    ACTION_UNKNOWN = "action.unknown"
    ACTION_NEEDS_PERSON = "action.needs_person"
    ACTION_MISSED = "action.missed"
    ACTION_CANCELLED = "action.cancelled"
    ACTION_RESOLVED = "action.resolved"
    ACTION_EDITED = "action.edited"
    POST_CREATED = "post.created"
    POST_EDITED = "post.edited"
    MEDIA_ADDED = "media.added"
    MEDIA_EDITED = "media.edited"
    MEDIA_DELETED = "media.deleted"
    IMPORT_FINISHED = "import.finished"


def new_event(
    name: EventName,
    *,
    actor: Principal,
    object_type: str,
    object_id: object,
    account_slot: int | None = None,
    **data: Any,
) -> Event:
    """The event, not written yet. `data` must be JSON and hold no secret."""
    return Event(
        name=name,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        account_slot=account_slot,
        object_type=object_type,
        object_id=str(object_id),
        data=data,
    )


def record_event(
    name: EventName,
    *,
    actor: Principal,
    object_type: str,
    object_id: object,
    account_slot: int | None = None,
    **data: Any,
) -> None:
    """Write the event in the caller's transaction. `data` must be JSON and hold no secret."""
    new_event(
        name,
        actor=actor,
        object_type=object_type,
        object_id=object_id,
        account_slot=account_slot,
        **data,
    ).save(force_insert=True)
