"""How often one principal, or one address that has not signed in, may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.api.authentication import ApiUser

if TYPE_CHECKING:  # the views import this module by the settings' word
    from rest_framework.views import APIView


class PrincipalThrottle(SimpleRateThrottle):
    """Counts what a principal asks, whichever of its tokens it uses."""

    scope = "principal"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not isinstance(request.user, ApiUser):
            return None
        return f"throttle:{request.user.principal.key}"


class AddressThrottle(SimpleRateThrottle):
    """Counts requests without a sign-in, and refused sign-ins, by the address of the peer.

    X-Forwarded-For is not believed: whoever sends it chooses what it says.
    """

    scope = "address"

    def get_cache_key(self, request: Request, view: APIView | None) -> str | None:
        if isinstance(getattr(request, "_user", None), ApiUser):
            return None
        return f"throttle:address:{request.META.get('REMOTE_ADDR', '')}"
