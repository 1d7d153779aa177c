"""Routes about the installation itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import ApiUser, principal_of
from accounts.api.permissions import PUBLIC, SIGNED_IN
from accounts.errors import MissingError
from xmanager.api.manifest import manifest
from xmanager.readiness import is_ready, readiness


class ManifestView(APIView):
    """What an agent may do here: routes, schemas, errors, examples."""

    scopes = {"GET": SIGNED_IN}

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response(manifest(principal_of(request)))


class ReadinessView(APIView):
    """Whether this installation can do its work: 200 or 503; why, only for who signed in."""

    scopes = {"GET": PUBLIC}
    throttle_classes = []

    @extend_schema(responses={200: dict, 503: dict})
    def get(self, request: Request) -> Response:
        checks = readiness()
        ready = is_ready(checks)
        body: dict[str, Any] = {"ready": ready}
        if isinstance(request.user, ApiUser):
            body["checks"] = [asdict(check) for check in checks]
        return Response(body, status=200 if ready else 503)


class NoRouteView(APIView):
    """Answers what no route answers, in the API's own language."""

    scopes = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), PUBLIC)
    schema = None

    def handle(self, request: Request, rest: str = "") -> Response:
        raise MissingError("not_found", "There is no such route. GET /api/docs/ lists them.")

    get = post = put = patch = delete = handle


class DocsView(SpectacularSwaggerSplitView):
    """The API in the browser. Its script is served by itself, as the strict CSP wants it."""

    url_name = "schema"
