"""The engine's rows, for looking only: everything that changes them goes through the posts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_q.models import Failure, OrmQ, Schedule, Success

from accounts.admin_display import badge, handle_tag, moment_tag
from accounts.admin_readonly import ReadOnlyAdmin
from execution.models import (
    Action,
    Attempt,
    IdempotencyKey,
    Lane,
    MediaUpload,
    WorkerHeartbeat,
)


class AttemptInline(admin.TabularInline[Attempt, Action]):
    model = Attempt
    fields = ("fence", "state", "operation", "sent_at", "finished_at", "http_status", "code")
    readonly_fields = fields
    show_change_link = True
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "who", "due", "attempts_used", "error_code")
    list_filter = ("status", "action_type", "needs_person", "account")
    list_select_related = ("account",)
    search_fields = ("=id", "=x_id", "=error_code")
    inlines = (AttemptInline,)

    @admin.display(description="State", ordering="status")
    def state(self, action: Action) -> SafeString:
        return badge(action.status, action.get_status_display())

    @admin.display(description="Account")
    def who(self, action: Action) -> SafeString | str:
        return handle_tag(action.account)

    @admin.display(description="Due", ordering="due_at")
    def due(self, action: Action) -> SafeString | str:
        return moment_tag(action.due_at, action.account)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "verdict", "who", "operation", "sent_at", "http_status", "code")
    list_filter = ("state", "operation")
    list_select_related = ("action__account",)
    search_fields = ("=x_id", "=code", "=action__id")
    ordering = ("-id",)

    @admin.display(description="State", ordering="state")
    def verdict(self, attempt: Attempt) -> SafeString:
        return badge(attempt.state, attempt.get_state_display())

    @admin.display(description="Account")
    def who(self, attempt: Attempt) -> SafeString | str:
        return handle_tag(attempt.action.account)


@admin.register(Lane)
class LaneAdmin(ReadOnlyAdmin):
    list_display = ("account", "worker", "lease_until", "last_late_at")
    list_select_related = ("account",)
    search_fields = ("account__username", "worker")
    exclude = ("token",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "principal", "method", "route", "status_code", "created_at")
    list_filter = ("method",)
    search_fields = ("=key", "principal")
    # The stored answer may hold what its caller alone may see.
    exclude = ("body", "token")


@admin.register(MediaUpload)
class MediaUploadAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "account", "verdict", "tries", "error_code", "expires_at")
    list_filter = ("state", "account")
    list_select_related = ("account",)
    search_fields = ("sha256", "=x_media_id")

    @admin.display(description="State", ordering="state")
    def verdict(self, upload: MediaUpload) -> SafeString:
        return badge(upload.state, upload.get_state_display())


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "pid", "started_at", "seen_at", "drained_at")
    search_fields = ("name",)


class QueueRowAdmin(ReadOnlyAdmin):
    """What django-q2 keeps, to look at: a person's change there would run code."""

    search_fields: ClassVar[tuple[str, ...]] = ("name", "func")


class ScheduleAdmin(QueueRowAdmin):
    list_display = ("name", "func", "schedule_type", "repeats", "next_run")
    list_filter = ("schedule_type",)
    fields = ("name", "func", "schedule_type", "minutes", "cron", "repeats", "next_run")


class TaskAdmin(QueueRowAdmin):
    list_display = ("name", "func", "started", "stopped")
    list_filter = ("func",)
    fields: ClassVar[tuple[str, ...]] = (
        "name",
        "func",
        "started",
        "stopped",
        "success",
        "attempt_count",
    )


class FailureAdmin(TaskAdmin):
    fields = (*TaskAdmin.fields, "result")


class OrmQAdmin(QueueRowAdmin):
    list_display = ("id", "key", "lock", "task_name", "task_function")
    list_filter = ("key",)
    search_fields = ("=key",)
    fields = ("key", "lock", "task_name", "task_function")
    readonly_fields = ("task_name", "task_function")

    @admin.display(description="Name")
    def task_name(self, row: OrmQ) -> str:
        return str(row.task.get("name", "—"))

    @admin.display(description="Function")
    def task_function(self, row: OrmQ) -> str:
        return str(row.task.get("func", "—"))


for _model, _admin in (
    (Schedule, ScheduleAdmin),
    (Success, TaskAdmin),
    (Failure, FailureAdmin),
    (OrmQ, OrmQAdmin),
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
    admin.site.register(_model, _admin)
