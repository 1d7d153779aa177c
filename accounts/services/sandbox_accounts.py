"""Connecting slots to the accounts that the sandbox X server lends."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from accounts.errors import ConflictError, MissingError
from accounts.models import Account
from accounts.principals import SYSTEM
from accounts.services.connect import connect_account
from accounts.states import AccountStatus
from accounts.x.sandbox.bootstrap import NoSandboxError, SandboxAccount, sandbox_accounts


def sandbox_account(index: int) -> SandboxAccount:
    """The sandbox's account of that index.

    ConflictError outside sandbox mode or where none answers, MissingError when it has fewer.
    """
    if settings.XM_MODE != "sandbox":
        raise ConflictError(
            "not_sandbox", "Accounts are lent in sandbox mode only. Give the account's credentials."
        )
    try:
        lent = {account.index: account for account in sandbox_accounts(settings.X_API_BASE_URL)}
    except NoSandboxError as error:
        raise ConflictError(
            "x_unreachable",
            f"The sandbox X server can't be asked for an account: {error}. Start it with ./xm up.",
        ) from None
    if index not in lent:
        raise MissingError(
            "not_found",
            f"The sandbox X server lends accounts 1 to {max(lent, default=0)}, not {index}. Choose "
            "one of these slots, or give the account's credentials.",
        )
    return lent[index]


def connect_sandbox_accounts(slots: Iterable[int] = (1, 2)) -> list[Account]:
    """Have these slots connected, each to the sandbox's account of the same number.

    Slots that are connected, and those a person disconnected, are left alone: when there is
    nothing to do, nobody is called. The accounts that were connected now.
    """
    wanted = sorted(set(slots))
    known = dict(Account.objects.filter(slot__in=wanted).values_list("slot", "status"))
    due = [s for s in wanted if known.get(s, "") in ("", AccountStatus.RECONNECT_NEEDED)]
    connected = []
    for slot in due:
        lent = sandbox_account(slot)
        account = connect_account(
            slot=slot, credentials=lent.credentials, actor=SYSTEM, app_name=lent.app
        )
        connected.append(account)
    return connected
