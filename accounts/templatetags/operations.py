"""The admin's ways of writing states and moments, for templates."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

from accounts.admin_display import badge, handle_tag, moment_tag
from accounts.models import Account

register = template.Library()
register.simple_tag(badge, name="badge")
register.simple_tag(handle_tag, name="handle")


@register.simple_tag
def moment(value: datetime | str | None, account: Account | None = None) -> SafeString | str:
    """A datetime, or one as it stands in stored JSON."""
    return moment_tag(datetime.fromisoformat(value) if isinstance(value, str) else value, account)


@register.filter
def as_json(value: Any) -> str:
    """Indented JSON, escaped by the template like any text."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
