"""How the admin writes states, moments and handles: the same on every list and page."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Account

# Every state of ours by what it means for a reader; the style sheet gives each tone a colour and
# a shape, so that neither is needed to tell them apart.
TONES: dict[str, str] = {
    "draft": "quiet",
    "scheduled": "waiting",
    "publishing": "busy",
    "running": "busy",
    "claimed": "busy",
    "sending": "busy",
    "processing": "busy",
    "published": "good",
    "done": "good",
    "accepted": "good",
    "connected": "good",
    "finished": "good",
    "ready": "good",
    "active": "good",
    "failed": "bad",
    "rejected": "bad",
    "missed": "bad",
    "refused": "bad",
    "error": "bad",
    "reconnect_needed": "bad",
    "unreadable": "bad",
    "unknown": "doubt",
}


def badge(state: str, label: str) -> SafeString:
    """A state by word, colour and shape."""
    return format_html(
        '<span class="badge badge-{}">{}</span>', TONES.get(state, "quiet"), label or state
    )


def zone_of(account: Account | None) -> ZoneInfo:
    """The account's time zone; UTC where it has none that this machine knows."""
    try:
        return ZoneInfo(account.timezone) if account else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def distance(moment: datetime, now: datetime) -> str:
    """How far away a moment is: "in 5 min", "3 h ago"."""
    seconds = int((moment - now).total_seconds())
    amount = abs(seconds)
    if amount < 60:
        return "now" if amount < 10 else ("in under a minute" if seconds > 0 else "just now")
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if amount >= size:
            text = f"{amount // size} {name}"
            break
    return f"in {text}" if seconds > 0 else f"{text} ago"


def moment_tag(moment: datetime | None, account: Account | None = None) -> SafeString | str:
    """The time on the account's clock; the distance and UTC on hover."""
    if moment is None:
        return "—"
    zone = zone_of(account)
    local = moment.astimezone(zone)
    absolute = moment.astimezone(UTC)
    now = timezone.now()
    year = "" if local.year == now.astimezone(zone).year else " %Y"
    return format_html(
        '<time datetime="{}" title="{} · {} UTC">{} <span class="zone">{}</span></time>',
        absolute.isoformat(timespec="seconds"),
        distance(moment, now),
        absolute.strftime("%Y-%m-%d %H:%M:%S"),
        local.strftime(f"%a %d %b{year}, %H:%M"),
        zone.key,
    )


def handle_tag(account: Account | None) -> SafeString | str:
    """@handle and slot, as they stand on everything that is sent."""
    if account is None:
        return "—"
    return format_html(
        '<span class="handle">{}</span> <span class="slot">slot {}</span>',
        f"@{account.username}" if account.username else "not connected",
        account.slot,
    )
