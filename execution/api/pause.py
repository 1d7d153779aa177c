"""The kill switch over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import principal_of
from accounts.api.fields import StrictSerializer, TextField
from execution.idempotency import idempotent
from execution.services.pause import BACKLOG_CHOICES, pause, resume
from policy.models import PauseScope


class _Scope(StrictSerializer):
    scope = serializers.ChoiceField(choices=PauseScope.choices)
    value = serializers.CharField(allow_blank=True, max_length=100, default="")


class PauseInput(_Scope):
    reason = TextField(max_length=300, allow_blank=True, default="")


class ResumeInput(_Scope):
    backlog = serializers.ChoiceField(choices=BACKLOG_CHOICES)


class PauseView(APIView):
    """Stop sending. When this has answered, nothing in scope starts any more."""

    scopes = {"POST": "pause"}

    @extend_schema(responses={200: dict})
    @idempotent(PauseInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        return Response(pause(actor=principal_of(request), **data))


class ResumeView(APIView):
    """Lift a pause; say what becomes of what fell due meanwhile."""

    scopes = {"POST": "pause"}

    @extend_schema(responses={200: dict})
    @idempotent(ResumeInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        return Response(resume(actor=principal_of(request), **data))
