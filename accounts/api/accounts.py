"""GET /api/accounts and what one account may do."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import account_for
from accounts.api.account_serializers import AccountSerializer, CapabilitiesSerializer
from accounts.api.authentication import principal_of
from accounts.models import Account
from accounts.selectors import capabilities_of, health_of, visible_accounts


class AccountListView(ListAPIView[Account]):
    """The accounts that the caller may use, with their health."""

    scopes = {"GET": "accounts:read"}
    serializer_class = AccountSerializer
    queryset = Account.objects.none()
    orderings = {"slot": ("slot",)}

    def get_queryset(self) -> QuerySet[Account]:
        return visible_accounts(principal_of(self.request))


class AccountView(APIView):
    """One account, by its slot."""

    scopes = {"GET": "accounts:read"}

    @extend_schema(responses=AccountSerializer)
    def get(self, request: Request, slot: int) -> Response:
        return Response(AccountSerializer(account_for(principal_of(request), slot)).data)


class AccountCapabilitiesView(APIView):
    """What this account may do now, and why not."""

    scopes = {"GET": "accounts:read"}

    @extend_schema(responses=CapabilitiesSerializer)
    def get(self, request: Request, slot: int) -> Response:
        account = account_for(principal_of(request), slot)
        answer = {
            "account_slot": account.slot,
            "health": health_of(account),
            "capabilities": capabilities_of(account),
        }
        return Response(CapabilitiesSerializer(answer).data)
