"""/api/media: the library of pictures and videos."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import principal_of
from accounts.api.fields import StrictSerializer, TextField
from accounts.errors import MissingError
from execution.idempotency import idempotent
from publishing.api.uploads import UploadView, remember
from publishing.media.kinds import KINDS, MAX_ALT_TEXT
from publishing.models import MediaAsset
from publishing.services.media import check_file, delete_media, edit_alt_text, keep

MAX_ID = 2**63 - 1


class UploadInput(StrictSerializer):
    """The file is looked through while the form is validated: before any transaction."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    alt_text = TextField(max_length=MAX_ALT_TEXT, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        checked = check_file(attrs["file"], name=attrs["file"].name)
        remember(self.context["request"], checked.stored)
        return {"checked": checked, "alt_text": attrs["alt_text"]}


class MediaChange(StrictSerializer):
    alt_text = TextField(max_length=MAX_ALT_TEXT, allow_blank=True)


class MediaOutput(serializers.ModelSerializer[MediaAsset]):
    file_url = serializers.SerializerMethodField()
    skipped = serializers.BooleanField(
        required=False, help_text="True where the same file was there already."
    )

    class Meta:
        model = MediaAsset
        fields = [
            *("id", "original_name", "mime_type", "size", "width", "height", "duration_seconds"),
            *("alt_text", "sha256", "file_url", "created_by", "created_at", "skipped"),
        ]

    def get_file_url(self, asset: MediaAsset) -> str:
        return f"/api/media/{asset.pk}/file"


class MediaFilter(filters.FilterSet):
    name = filters.CharFilter(field_name="original_name", lookup_expr="icontains")
    mime_type = filters.ChoiceFilter(choices=[(name, name) for name in KINDS])

    class Meta:
        model = MediaAsset
        fields = ["name", "mime_type"]


class MediaListView(UploadView, ListAPIView[MediaAsset]):
    """The files of the library; POST adds one (form fields `file`, `alt_text`)."""

    scopes = {"GET": "posts:read", "POST": "media:write"}
    serializer_class = MediaOutput
    filter_backends = [filters.DjangoFilterBackend]
    filterset_class = MediaFilter
    orderings = {"-id": ("-id",)}
    queryset: QuerySet[MediaAsset] = MediaAsset.objects.all()

    @extend_schema(responses={201: MediaOutput, 200: MediaOutput})
    @idempotent(UploadInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        actor = principal_of(request)
        asset, created = keep(data["checked"], alt_text=data["alt_text"], actor=actor)
        if created:
            return Response(MediaOutput(asset).data, status=201)
        return Response({**MediaOutput(asset).data, "skipped": True})


def _asset(media_id: int) -> MediaAsset:
    asset = MediaAsset.objects.filter(pk=media_id).first() if media_id <= MAX_ID else None
    if asset is None:
        raise MissingError("media_missing", f"There is no file {media_id} in the media library.")
    return asset


class MediaDetailView(APIView):
    """One file of the library. DELETE is refused while a post uses it."""

    scopes = {"GET": "posts:read", "PATCH": "media:write", "DELETE": "media:write"}

    @extend_schema(responses=MediaOutput)
    def get(self, request: Request, media_id: int) -> Response:
        return Response(MediaOutput(_asset(media_id)).data)

    @extend_schema(responses=MediaOutput)
    @idempotent(MediaChange)
    def patch(self, request: Request, data: dict[str, Any], media_id: int) -> Response:
        asset = edit_alt_text(
            asset_id=_asset(media_id).pk, alt_text=data["alt_text"], actor=principal_of(request)
        )
        return Response(MediaOutput(asset).data)

    @extend_schema(responses={204: None})
    @idempotent()
    def delete(self, request: Request, data: dict[str, Any], media_id: int) -> Response:
        delete_media(asset_id=_asset(media_id).pk, actor=principal_of(request))
        return Response(status=204)


class _AnyAccept(BaseContentNegotiation):
    """A file has one form only, whatever an <img> says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class MediaFileView(APIView):
    """The bytes of a file. Its type is what was found in it; a browser may not guess another."""

    scopes = {"GET": "posts:read"}
    content_negotiation_class = _AnyAccept

    @extend_schema(responses={(200, kind): OpenApiTypes.BINARY for kind in KINDS})
    def get(self, request: Request, media_id: int) -> FileResponse:
        asset = _asset(media_id)
        kind = KINDS[asset.mime_type]
        name = f"{PurePath(asset.original_name).stem or asset.pk}.{kind.extension}"
        try:
            file = asset.path.open("rb")
        except FileNotFoundError:
            raise MissingError(
                "file_missing", f"The file of media {asset.pk} is gone from disk. Upload it again."
            ) from None
        return FileResponse(
            file,
            filename=name,
            content_type=kind.mime_type,
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, max-age=86400",
            },
        )
