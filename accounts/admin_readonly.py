"""Admin pages for what only services write, and the person behind a request."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts.principals import Principal
from accounts.roles import scopes_of_user


def person(request: HttpRequest) -> Principal:
    """The signed-in person as services know them; the same principal as in the API."""
    return Principal(
        kind="user",
        id=str(request.user.pk),
        label=request.user.get_username(),
        scopes=scopes_of_user(request.user),  # type: ignore[arg-type]
    )


class ListAdmin(admin.ModelAdmin[Any]):
    """What every list of ours has in common."""

    list_per_page = 50
    show_full_result_count = False
    empty_value_display = "—"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural)
        named = {"title": title[:1].upper() + title[1:], **(extra_context or {})}
        return super().changelist_view(request, named)


class ReadOnlyAdmin(ListAdmin):
    """Shown, searched and filtered; never added, changed or deleted here."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HiddenFromMenuMixin:
    """Reached from the object it belongs to, not from the menu."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False
