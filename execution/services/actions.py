"""Making, stopping, repeating and settling actions: what every door calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.errors import ConflictError, InvalidError, PausedError
from accounts.events import EventName, record_event
from accounts.models import Account
from accounts.principals import Principal
from execution import clock
from execution.engine.transitions import move, project
from execution.models import Action, Lane
from execution.states import RETRYABLE, ActionStatus
from policy.holds import current_pauses


def schedule_action(
    *,
    account: Account,
    action_type: str,
    due_at: datetime | None,
    actor: Principal,
    not_after: datetime | None = None,
    depends_on: Action | None = None,
    needs_media: bool = False,
) -> Action:
    """Add an effect to the account's lane. Without `due_at` it follows `depends_on`."""
    Lane.objects.get_or_create(account=account)
    action = Action.objects.create(
        account=account,
        action_type=action_type,
        scheduled_time=due_at,
        due_at=due_at,
        not_after=not_after,
        depends_on=depends_on,
        needs_media=needs_media,
        agent_key=actor.key if actor.kind == "agent" else "",
        created_by=actor.label,
    )
    record_event(
        EventName.ACTION_SCHEDULED,
        actor=actor,
        object_type="action",
        object_id=action.pk,
        account_slot=account.slot,
        to=ActionStatus.SCHEDULED,
        due_at=due_at.isoformat() if due_at else None,
    )
    return action


def locked(actions: Sequence[int]) -> list[Action]:
    """The actions, held against claims and other edits until the transaction ends."""
    return list(
        Action.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(pk__in=actions)
        .order_by("pk")
    )


def refuse_if_paused(account: Account, action_type: str, actor: Principal) -> None:
    """Effects due now are refused under a pause (planning stays allowed)."""
    held = current_pauses().hold(
        slot=account.slot,
        action_type=action_type,
        agent_key=actor.key if actor.kind == "agent" else "",
    )
    if held:
        raise PausedError(
            "paused",
            "Sending is paused, so this can't leave now. Schedule it for later, or ask for the "
            "pause to be lifted.",
        )


def _moved(action: Action, to: ActionStatus, **rest: Any) -> None:
    if not move(action, to, revision=action.revision + 1, **rest):
        raise ConflictError("wrong_state", "It changed at this moment. Read it again, then decide.")


def cancel_action(action: Action, *, actor: Principal, reason: str = "") -> None:
    """Stop what has not left. Call with a locked action."""
    if action.status not in (ActionStatus.SCHEDULED, *RETRYABLE):
        raise ConflictError(
            "wrong_state",
            f"It is {action.get_status_display().lower()}, so it can't be cancelled.",
        )
    _moved(
        action,
        ActionStatus.CANCELLED,
        event=EventName.ACTION_CANCELLED,
        actor=actor,
        reason=reason,
        finished_at=clock.now(),
    )


def retry_action(action: Action, *, actor: Principal, due_at: datetime | None = None) -> None:
    """Send a failed or missed one again: now, or at `due_at`. Call with a locked action."""
    if action.status not in RETRYABLE or not action.retryable:
        raise ConflictError(
            "wrong_state",
            f"It is {action.get_status_display().lower()}; only failed and missed ones can be "
            "sent again."
            if action.status not in RETRYABLE
            else "It was dropped while nobody knew whether it went out. Check X, then write it "
            "anew if needed.",
        )
    now = clock.now()
    if due_at is None:
        refuse_if_paused(action.account, action.action_type, actor)
    if action.not_after and (due_at or now) > action.not_after:
        raise InvalidError.of(
            "not_after",
            "not_after_passed",
            f"It was not to leave after {action.not_after:%Y-%m-%d %H:%M} UTC. Give it a later "
            "not_after first.",
        )
    _moved(
        action,
        ActionStatus.SCHEDULED,
        event=EventName.ACTION_SCHEDULED,
        actor=actor,
        reason="sent again by request",
        due_at=due_at or now,
        next_attempt_at=None,
        attempts_used=0,
        error_code="",
        error_detail="",
        retryable=False,
        finished_at=None,
    )


RESOLUTIONS = ("published", "not_published", "drop")


def resolve_action(
    action: Action, *, resolution: str, actor: Principal, x_id: str = "", note: str = ""
) -> None:
    """A person's or agent's answer to "did it go out?". Call with a locked action.

    `published` is believed only after the worker has read that post on X: the action stays
    unknown until then.
    """
    if action.status != ActionStatus.UNKNOWN:
        raise ConflictError(
            "wrong_state",
            f"It is {action.get_status_display().lower()}; only an unknown outcome can be "
            "resolved.",
        )
    now = clock.now()
    if resolution == "published":
        if not x_id:
            raise InvalidError.of(
                "x_id", "required", "Give x_id: the id (the last number in the post's address)."
            )
        Action.objects.filter(pk=action.pk).update(
            evidence={**action.evidence, "claimed_x_id": x_id, "claimed_by": actor.label},
            needs_person=False,
            reconcile_at=now,
            projected=False,
        )
        _tell_resolution(action, resolution, actor, note, x_id)
    elif resolution == "not_published":
        refuse_if_paused(action.account, action.action_type, actor)
        _tell_resolution(action, resolution, actor, note)
        _moved(
            action,
            ActionStatus.SCHEDULED,
            event=EventName.ACTION_SCHEDULED,
            actor=actor,
            reason=note or "It did not go out: sent again.",
            due_at=now,
            next_attempt_at=None,
            needs_person=False,
            reconcile_at=None,
            reconcile_reads=0,
            error_code="",
            error_detail="",
            evidence={**action.evidence, "not_sent_up_to": action.fence},
        )
    elif resolution == "drop":
        _tell_resolution(action, resolution, actor, note)
        part_of_chain = bool(action.depends_on_id) or action.dependents.exists()
        _moved(
            action,
            ActionStatus.FAILED if part_of_chain else ActionStatus.CANCELLED,
            event=EventName.ACTION_FAILED if part_of_chain else EventName.ACTION_CANCELLED,
            actor=actor,
            reason=note or "Dropped while its outcome was unknown.",
            error_code="dropped",
            error_detail="Dropped while its outcome was unknown.",
            retryable=False,
            needs_person=False,
            reconcile_at=None,
            finished_at=now,
        )
    else:
        raise InvalidError.of(
            "resolution", "invalid_choice", f"resolution is one of {', '.join(RESOLUTIONS)}."
        )
    action.refresh_from_db()
    project([action])


def _tell_resolution(
    action: Action, resolution: str, actor: Principal, note: str, x_id: str = ""
) -> None:
    record_event(
        EventName.ACTION_RESOLVED,
        actor=actor,
        object_type="action",
        object_id=action.pk,
        account_slot=action.account.slot,
        resolution=resolution,
        x_id=x_id,
        note=note[:500],
    )


class ActionQueue:
    """The account's actions, as `accounts.queue_guard` asks for them."""

    def queued_count(self, account: Account) -> int:
        return queued_count(account)

    def cancel_queue(self, account: Account, actor: Principal) -> None:
        cancel_queue(account, actor)


def queued_count(account: Account) -> int:
    """How much of the account's work has not ended: it would leave under whoever connects."""
    return Action.objects.filter(
        account=account,
        status__in=[ActionStatus.SCHEDULED, ActionStatus.RUNNING, ActionStatus.UNKNOWN],
    ).count()


def cancel_queue(account: Account, actor: Principal) -> int:
    """Cancel everything of the account that has not left; what runs or is unknown stays."""
    cancelled = 0
    waiting = Action.objects.filter(account=account, status=ActionStatus.SCHEDULED)
    while batch := list(waiting.values_list("pk", flat=True)[:100]):
        with transaction.atomic():
            for action in locked(batch):
                if action.status == ActionStatus.SCHEDULED:
                    cancel_action(action, actor=actor, reason="The account's queue was cancelled.")
                    project([action])
                    cancelled += 1
    return cancelled
