"""What a call to X costs, in US dollars, for accounts on pay-per-use.

Source: X API docs, pricing page, as read on 22 August 2026. X bills only successful answers that
return data. Reads cost per object returned, everything else per request. X charges an object that
is read twice in one UTC day once; the estimate does not know that and may be too high.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from accounts.x.text import find_urls

VALID_FROM = date(2026, 8, 22)

POST = Decimal("0.015")
POST_WITH_URL = Decimal("0.200")
SUMMONED_REPLY = Decimal("0.010")
OWNED_READ = Decimal("0.001")
FREE = Decimal("0")

PER_REQUEST: dict[str, Decimal] = {
    "create_post": POST,
    "delete_post": Decimal("0.005"),
    "repost": Decimal("0.015"),
    "unrepost": Decimal("0.005"),
    "like": Decimal("0.015"),
    "unlike": Decimal("0.010"),
    "hide_reply": Decimal("0.005"),
    "send_dm": Decimal("0.015"),
    "set_alt_text": Decimal("0.005"),
    "counts_recent": Decimal("0.005"),
}

PER_RESOURCE: dict[str, Decimal] = {
    "get_post": Decimal("0.005"),
    "get_posts": Decimal("0.005"),
    "own_posts": Decimal("0.005"),
    "mentions": Decimal("0.005"),
    "search_recent": Decimal("0.005"),
    "me": Decimal("0.010"),
    "get_user": Decimal("0.010"),
    "get_users": Decimal("0.010"),
    "get_user_by_username": Decimal("0.010"),
    "dm_events": Decimal("0.010"),
    "dm_events_with": Decimal("0.010"),
}

# The prices of these are not on X's list: uploads, usage and tokens are taken to be free.
UNLISTED = frozenset(
    {
        "media_initialize",
        "media_append",
        "media_finalize",
        "media_status",
        "usage_tweets",
        "refresh_token",
        "revoke_token",
        "app_bearer",
    }
)

# Cheaper when the account that reads its own data also owns the developer app.
OWNED = frozenset({"own_posts", "mentions"})


def post_price(text: str, *, summoned_reply: bool = False) -> Decimal:
    """The price of sending ``text`` as a post or reply.

    A link decides before the reply does: X's list does not say which wins, so the dearer counts.
    """
    if find_urls(text):
        return POST_WITH_URL
    return SUMMONED_REPLY if summoned_reply else POST


def call_price(operation: str, *, resources: int = 1, owned: bool = False) -> Decimal:
    """The price of one successful call that returned ``resources`` objects.

    Raises KeyError for an operation that the table does not know: every new one needs a price.
    """
    if operation in PER_RESOURCE:
        price = OWNED_READ if owned and operation in OWNED else PER_RESOURCE[operation]
        return price * resources
    if operation in UNLISTED:
        return FREE
    return PER_REQUEST[operation]
