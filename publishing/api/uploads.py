"""What routes that take files share."""

from __future__ import annotations

from typing import Any

from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from publishing.files import StoredFile

_KEPT_ON = "_stored_file"


def remember(request: Request, stored: StoredFile) -> None:
    """A file was stored for this request while its input was validated."""
    setattr(request, _KEPT_ON, stored)


class UploadView(APIView):
    """Takes multipart forms; what was stored and not kept (a replay, a refusal) is removed."""

    parser_classes = [MultiPartParser]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        stored = getattr(request, _KEPT_ON, None)
        if stored is not None:
            stored.discard()
        return super().finalize_response(request, response, *args, **kwargs)
