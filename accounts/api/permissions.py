"""Whether this principal may use this route at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.api.authentication import ApiUser, principal_of
from accounts.errors import ForbiddenError

# For `scopes` of a view: these name who gets in without a scope.
PUBLIC = "public"
SIGNED_IN = "signed-in"

if TYPE_CHECKING:  # the views import this module by the settings' word
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Asks for the scope that the view declares for the method.

    A view declares `scopes = {"GET": "posts:read", "POST": "posts:write"}`. One that
    declares nothing for a method is closed to everybody.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        scopes: dict[str, str] = getattr(view, "scopes", {})
        method = request.method or ""
        needed = scopes.get("GET" if method in ("HEAD", "OPTIONS") else method)
        if needed == PUBLIC:
            return True
        if not isinstance(request.user, ApiUser):
            view.check_throttles(request)  # DRF counts only what it lets in
            return False
        if needed == SIGNED_IN:
            return True
        if needed is None:
            if method == "OPTIONS" or not hasattr(view, method.lower()):
                return True  # what the route takes is no secret; a method it lacks is a 405
            raise ForbiddenError(
                "scope_missing", f"No scope opens {method} on this route; nobody may use it."
            )
        if needed not in principal_of(request).scopes:
            view.check_throttles(request)
            raise ForbiddenError(
                "scope_missing",
                f"This needs the scope {needed}. Use a token that has it, or ask an admin.",
                extra={"scope": needed},
            )
        return True
