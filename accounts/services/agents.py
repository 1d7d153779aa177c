"""Agent tokens: made once, kept as a peppered HMAC, checked on every request."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.errors import InvalidError, XManagerError
from accounts.events import EventName, record_event
from accounts.models import Account, Agent, AgentToken
from accounts.principals import Principal
from accounts.scopes import PEOPLE_ONLY, TOKEN_SCOPES

KEY_SHAPE = re.compile(r"xm_([0-9a-z]{1,16})_([0-9A-Za-z_-]{43})\Z")
USE_RECORDED_EVERY = timedelta(minutes=1)
DEFAULT_DAYS, MAX_DAYS = 90, 365


class TokenRefusedError(XManagerError):
    """This key opens nothing (401). The code says why; details only to who holds a real key."""


def peppers() -> dict[str, bytes]:
    """Pepper by its id, the one in use first; derived from SECRET_KEY and its fallbacks."""
    found = {}
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        pepper = hmac.digest(secret.encode(), b"x-manager agent token pepper", "sha256")
        found[hashlib.sha256(pepper).hexdigest()[:16]] = pepper
    return found


def _digest(pepper: bytes, key: str) -> str:
    return hmac.new(pepper, key.encode(), "sha256").hexdigest()


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(scopes))
    for scope in wanted:
        if scope in PEOPLE_ONLY:
            raise InvalidError.of(
                "scopes",
                "people_only",
                f"The scope {scope} can be given to no token: it belongs to people.",
            )
        if scope not in TOKEN_SCOPES:
            raise InvalidError.of(
                "scopes",
                "unknown_scope",
                f"There is no scope {scope!r}. Scopes for tokens: {', '.join(TOKEN_SCOPES)}.",
            )
    if not wanted:
        raise InvalidError.of(
            "scopes", "required", f"Name at least one scope: {', '.join(TOKEN_SCOPES)}."
        )
    return wanted


def _checked_accounts(slots: Sequence[int]) -> list[Account]:
    found = {account.slot: account for account in Account.objects.all()}
    for slot in slots:
        if slot not in found:
            known = ", ".join(str(one) for one in found)
            raise InvalidError.of(
                "accounts",
                "unknown_slot",
                f"There is no account in slot {slot}. Slots in use: {known or 'none yet'}.",
            )
    return [found[slot] for slot in dict.fromkeys(slots)]


def _checked_networks(networks: Iterable[str]) -> list[str]:
    checked = []
    for network in networks:
        try:
            checked.append(str(ip_network(network.strip())))
        except ValueError:
            raise InvalidError.of(
                "networks",
                "invalid",
                f"{network!r} is no network. Write it like 192.0.2.0/24 or 2001:db8::/32.",
            ) from None
    return checked


@transaction.atomic
def create_agent_token(
    *,
    actor: Principal,
    name: str,
    scopes: Iterable[str],
    slots: Sequence[int] | None = None,
    networks: Iterable[str] = (),
    expires_days: int = DEFAULT_DAYS,
) -> tuple[AgentToken, str]:
    """Make a token for the agent of this name (made too if new); returns it and its key.

    The key is kept nowhere: show it once. `slots` None allows every account.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise InvalidError.of(
            "name", "invalid", "Give the agent a name of 1 to 100 printable characters."
        )
    if not 1 <= expires_days <= MAX_DAYS:
        raise InvalidError.of(
            "expires_days",
            "out_of_range",
            f"A token lasts 1 to {MAX_DAYS} days. Make a new one before it ends.",
        )
    checked_scopes = _checked_scopes(scopes)
    accounts = _checked_accounts(slots) if slots is not None else []
    pepper_id, pepper = next(iter(peppers().items()))
    public_id = secrets.token_hex(6)
    key = f"xm_{public_id}_{secrets.token_urlsafe(32)}"
    agent, _ = Agent.objects.get_or_create(name=name)
    token = AgentToken.objects.create(
        agent=agent,
        public_id=public_id,
        digest=_digest(pepper, key),
        pepper_id=pepper_id,
        scopes=checked_scopes,
        all_accounts=slots is None,
        networks=_checked_networks(networks),
        expires_at=timezone.now() + timedelta(days=expires_days),
    )
    token.accounts.set(accounts)
    record_event(
        EventName.TOKEN_CREATED,
        actor=actor,
        object_type="agent_token",
        object_id=token.pk,
        agent=agent.name,
        scopes=checked_scopes,
        slots=None if slots is None else sorted(slots),
        expires_at=token.expires_at.isoformat(),
    )
    return token, key


@transaction.atomic
def revoke_agent_token(token: AgentToken, *, actor: Principal) -> bool:
    """End a token now; its next request is refused. False if it had been revoked before."""
    revoked = AgentToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if revoked:
        record_event(
            EventName.TOKEN_REVOKED, actor=actor, object_type="agent_token", object_id=token.pk
        )
    return bool(revoked)


def verify_key(key: str, *, address: str) -> AgentToken:
    """The token that this key opens. Raises TokenRefusedError with a stable code."""
    shape = KEY_SHAPE.match(key)
    token = (
        AgentToken.objects.select_related("agent").filter(public_id=shape.group(1)).first()
        if shape
        else None
    )
    known = peppers()
    pepper = known.get(token.pepper_id) if token else None
    if (
        token is None
        or pepper is None
        or not hmac.compare_digest(token.digest, _digest(pepper, key))
    ):
        raise TokenRefusedError(
            "token_invalid",
            "This token is not known. Check that it is complete, or make one with "
            "create_agent_token.",
        )
    _check_usable(token, address=address)
    _record_use(token, key, known)
    return token


def _check_usable(token: AgentToken, *, address: str) -> None:
    renew = "Make a new one with create_agent_token."
    if token.revoked_at is not None:
        raise TokenRefusedError("token_revoked", f"This token was revoked. {renew}")
    if token.expires_at <= timezone.now():
        raise TokenRefusedError(
            "token_expired", f"This token ended at {_utc(token.expires_at)}. {renew}"
        )
    if not token.agent.is_active:
        raise TokenRefusedError(
            "agent_inactive",
            "This agent is switched off. An admin can switch it on in the admin site.",
        )
    if token.networks and not _inside(address, token.networks):
        raise TokenRefusedError(
            "network_not_allowed",
            f"This token is not accepted from {address or 'an unknown address'}. "
            "Use it from one of its networks.",
        )


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _inside(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in networks)


def _record_use(token: AgentToken, key: str, known: dict[str, bytes]) -> None:
    """Note the use, at most once a minute; a key under an old pepper moves to the newest."""
    now = timezone.now()
    newest_id, newest = next(iter(known.items()))
    if token.pepper_id != newest_id:
        token.pepper_id, token.digest = newest_id, _digest(newest, key)
    elif token.last_used_at is not None and token.last_used_at > now - USE_RECORDED_EVERY:
        return
    due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_RECORDED_EVERY)
    stale = due | ~Q(pepper_id=newest_id)
    try:
        AgentToken.objects.filter(stale, pk=token.pk).update(
            last_used_at=now, pepper_id=token.pepper_id, digest=token.digest
        )
    except OperationalError:  # the database is busy: a note is not worth refusing the request
        return


def principal_of_token(token: AgentToken) -> Principal:
    """The agent, with what this token allows it."""
    slots = None
    if not token.all_accounts:
        slots = frozenset(token.accounts.values_list("slot", flat=True))
    return Principal(
        kind="agent",
        id=str(token.agent_id),
        label=token.agent.name,
        scopes=frozenset(token.scopes) - PEOPLE_ONLY,
        slots=slots,
    )
