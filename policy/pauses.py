"""Switching a pause on and off. What happens to held work is decided in `execution`."""

from __future__ import annotations

from accounts.errors import ForbiddenError, InvalidError, MissingError
from accounts.events import EventName, record_event
from accounts.models import Account, Agent
from accounts.principals import Principal
from policy.gate import next_epoch
from policy.models import PauseScope, PauseSwitch


def _checked_value(scope: str, value: str) -> str:
    if scope not in PauseScope.values:
        raise InvalidError.of(
            "scope", "invalid_choice", f"scope is one of {', '.join(PauseScope.values)}."
        )
    if scope == PauseScope.ALL:
        return ""
    if not value:
        raise InvalidError.of("value", "required", f"Say which {scope} to pause in value.")
    if scope == PauseScope.ACCOUNT and not (
        value.isascii() and value.isdigit() and Account.objects.filter(slot=int(value)).exists()
    ):
        raise InvalidError.of("value", "not_found", f"There is no account in slot {value}.")
    if scope == PauseScope.AGENT:
        agent = Agent.objects.filter(name=value).first()
        if agent is None:
            raise InvalidError.of("value", "not_found", f"There is no agent named {value}.")
        return f"agent:{agent.pk}"
    return value


def switch_on(*, scope: str, value: str, reason: str, actor: Principal) -> PauseSwitch:
    """Pause. When the caller's transaction has committed, nothing in scope starts any more.

    Pausing what is paused already keeps the first reason and time.
    """
    value = _checked_value(scope, value)
    if scope == PauseScope.ACCOUNT and not actor.may_use(int(value)):
        raise ForbiddenError("account_not_allowed", f"Slot {value} is not yours to pause.")
    next_epoch()
    switch, made = PauseSwitch.objects.get_or_create(
        scope=scope,
        value=value,
        defaults={"reason": reason[:300], "by_key": actor.key, "by_label": actor.label},
    )
    if made:
        record_event(
            EventName.PAUSED,
            actor=actor,
            object_type="pause",
            object_id=f"{scope} {value}".strip(),
            account_slot=int(value) if scope == PauseScope.ACCOUNT else None,
            reason=reason[:300],
        )
    return switch


def switch_off(*, scope: str, value: str, actor: Principal) -> PauseSwitch:
    """Lift a pause; an agent lifts only what it switched on itself."""
    value = _checked_value(scope, value)
    switch = PauseSwitch.objects.select_for_update().filter(scope=scope, value=value).first()
    if switch is None:
        raise MissingError("not_paused", "Nothing is paused with this scope and value.")
    if actor.kind == "agent" and switch.by_key != actor.key:
        raise ForbiddenError(
            "not_your_pause",
            f"{switch.by_label} paused this. A person can lift it in the admin or the API.",
        )
    next_epoch()
    switch.delete()
    record_event(
        EventName.RESUMED,
        actor=actor,
        object_type="pause",
        object_id=f"{scope} {value}".strip(),
        account_slot=int(value) if scope == PauseScope.ACCOUNT else None,
    )
    return switch
