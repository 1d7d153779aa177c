"""Who is calling: an agent by its token, or a person by their session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request

from accounts.models import AgentToken
from accounts.principals import Principal
from accounts.roles import scopes_of_user
from accounts.services.agents import TokenRefusedError, principal_of_token, verify_key

HOW = "Send `Authorization: Token KEY`; create_agent_token makes a key."


class ApiUser:
    """The `request.user` of the API: a principal in the shape that DRF expects."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.pk = principal.key

    def __str__(self) -> str:
        return self.principal.key


def principal_of(request: Request) -> Principal:
    """The principal that signed in. Raises NotAuthenticated (401) where nobody did."""
    if not isinstance(request.user, ApiUser):
        raise NotAuthenticated
    return request.user.principal


def _count_refused(request: Request) -> None:
    """Count a bad key against its address: DRF throttles only who got in."""
    from accounts.api.throttling import AddressThrottle  # it knows ApiUser

    throttle = AddressThrottle()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]  # no view yet
        raise Throttled(throttle.wait())


class AgentTokenAuthentication(BaseAuthentication):
    """`Authorization: Token KEY` or `Bearer KEY`.

    A request with an Authorization header is decided here: it never falls through to the
    session, so that a cookie can't lend its rights to a bad token.
    """

    def authenticate(self, request: Request) -> tuple[ApiUser, AgentToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, key = header.strip().partition(" ")
        if scheme.lower() not in ("token", "bearer") or not key.strip():
            _count_refused(request)
            raise AuthenticationFailed(
                f"The Authorization header can't be read. {HOW}", "authorization_malformed"
            )
        try:
            token = verify_key(key.strip(), address=request.META.get("REMOTE_ADDR", ""))
        except TokenRefusedError as refused:
            _count_refused(request)
            raise AuthenticationFailed(refused.detail, refused.code) from None
        return ApiUser(principal_of_token(token)), token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class OperatorSessionAuthentication(SessionAuthentication):
    """A person's session of the admin site, with CSRF."""

    def authenticate(self, request: Request) -> tuple[ApiUser, Any] | None:
        user: AbstractBaseUser | None = getattr(request._request, "user", None)
        if user is None or not user.is_active or not user.is_authenticated:
            return None
        self.enforce_csrf(request)
        principal = Principal(
            kind="user",
            id=str(user.pk),
            label=user.get_username(),
            scopes=scopes_of_user(user),
        )
        return ApiUser(principal), None

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise PermissionDenied(
                f"{refused.detail}. Send the CSRF cookie's value as X-CSRFToken.", "csrf_failed"
            ) from None
