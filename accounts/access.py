"""Which accounts a principal may see and use. Every door asks here."""

from __future__ import annotations

from accounts.errors import ForbiddenError, MissingError
from accounts.models import Account
from accounts.principals import Principal


def check_slot(principal: Principal, slot: int) -> None:
    """Raise ForbiddenError `account_not_allowed` unless the principal may use this slot."""
    if not principal.may_use(slot):
        allowed = ", ".join(str(each) for each in sorted(principal.slots or ())) or "none"
        raise ForbiddenError(
            "account_not_allowed",
            f"This token may not use account slot {slot}; it may use: {allowed}. "
            "Use one of those, or ask for a token with this account.",
        )


def account_for(principal: Principal, slot: int) -> Account:
    """The account in this slot, for a principal that may use it.

    Raises ForbiddenError `account_not_allowed` (asked first, so that a token can't find out
    which other slots exist) or MissingError `account_missing`.
    """
    check_slot(principal, slot)
    account = Account.objects.select_related("app").filter(slot=slot).first()
    if account is None:
        raise MissingError(
            "account_missing",
            f"There is no account in slot {slot}. GET /api/accounts lists the slots.",
        )
    return account
