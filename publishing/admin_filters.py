"""Filters of the list of posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from publishing.models import Post


def _windows(now: datetime) -> dict[str, Q]:
    return {
        "day": Q(scheduled_time__gte=now, scheduled_time__lt=now + timedelta(days=1)),
        "week": Q(scheduled_time__gte=now, scheduled_time__lt=now + timedelta(days=7)),
        "later": Q(scheduled_time__gte=now + timedelta(days=7)),
        "past": Q(scheduled_time__lt=now),
        "none": Q(scheduled_time__isnull=True),
    }


class ScheduledFilter(admin.SimpleListFilter):
    """By a range of time, which the index answers; a date hierarchy would read every row."""

    title = "scheduled time"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("day", "Next 24 hours"),
            ("week", "Next 7 days"),
            ("later", "Later"),
            ("past", "In the past"),
            ("none", "Without a time"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        window = _windows(timezone.now()).get(self.value() or "")
        return queryset.filter(window) if window is not None else queryset


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("post", "Posts"), ("thread", "Threads")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        kind = self.value()
        return queryset.filter(is_thread=kind == "thread") if kind else queryset
