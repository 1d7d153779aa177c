"""/api/scheduler/import-csv and /api/scheduler/imports."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import account_for
from accounts.api.authentication import principal_of
from accounts.api.fields import AwareDateTimeField, SlotField, StrictSerializer
from accounts.errors import MissingError
from accounts.principals import Principal
from execution.idempotency import idempotent
from publishing.api.uploads import UploadView, remember
from publishing.importing.zones import find_zone
from publishing.models import PostImport
from publishing.services.import_options import ImportOptions, line_numbers
from publishing.services.imports import begin_import, read_upload
from publishing.states import ImportResult, ImportStatus

MAX_ID = 2**63 - 1
FORMATS = ("auto", "xmanager", "hootsuite", "buffer")
DATE_ORDERS = ("auto", "mdy", "dmy")


@extend_schema_field(OpenApiTypes.STR)
class LinesField(serializers.Field[tuple[int, ...], str, tuple[int, ...], Any]):
    """Lines of a file, as `2,5-9`."""

    def to_internal_value(self, data: Any) -> tuple[int, ...]:
        try:
            return line_numbers(str(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), "invalid") from None


class MappingField(serializers.JSONField):
    """A JSON object of strings: header → field of the importer, or "" to leave a column out."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        found = super().to_internal_value(data)
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise serializers.ValidationError(
                'mapping is a JSON object such as {"Beitrag": "text"}.', "invalid"
            )
        return found


class ImportInput(StrictSerializer):
    """The file is stored, and read if it is small, while the form is validated."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    account_slot = SlotField()
    dry_run = serializers.BooleanField(default=False)
    timezone = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
    partial = serializers.BooleanField(default=False)  # type: ignore[assignment]
    format = serializers.ChoiceField(choices=FORMATS, default="auto")
    date_order = serializers.ChoiceField(choices=DATE_ORDERS, default="auto")
    lines = LinesField(required=False, default=None, help_text="Only these lines, as 2,5-9.")
    mapping = MappingField(required=False, default=None)

    def validate_timezone(self, value: str) -> str:
        if value and find_zone(value) is None:
            raise serializers.ValidationError(
                f"{value} is no time zone that is known here. Write it as Europe/Berlin.",
                "unknown_timezone",
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        request = self.context["request"]
        principal = principal_of(request)
        file, slot = attrs.pop("file"), attrs.pop("account_slot")
        upload = read_upload(
            file=file,
            name=file.name,
            account=account_for(principal, slot),
            actor=principal,
            options=ImportOptions(**attrs),
        )
        remember(request, upload.stored)
        return {"upload": upload, "dry_run": attrs["dry_run"]}


class RowErrorOutput(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    column = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportItemOutput(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    result = serializers.ChoiceField(choices=ImportResult.choices)
    id = serializers.CharField(allow_null=True, help_text="The post; for a duplicate, the other.")


class ProgressOutput(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class ImportSummary(serializers.Serializer[Any]):
    """An import without what each row became."""

    id = serializers.CharField(source="pk")
    account_slot = serializers.IntegerField(source="account.slot")
    file_name = serializers.CharField()
    status = serializers.ChoiceField(choices=ImportStatus.choices)
    dry_run = serializers.BooleanField()
    format = serializers.CharField()
    encoding = serializers.CharField()
    rows = serializers.IntegerField()
    importable = serializers.IntegerField()
    imported = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Posts that were there already.")
    progress = serializers.SerializerMethodField()
    created_by = serializers.CharField()
    created_at = AwareDateTimeField()
    finished_at = AwareDateTimeField(allow_null=True)

    @extend_schema_field(ProgressOutput)
    def get_progress(self, row: PostImport) -> dict[str, int]:
        return {"done": row.done_items, "total": row.total_items}


class ImportOutput(ImportSummary):
    """An import. `items` are there once it has ended; until then `progress` moves."""

    errors = RowErrorOutput(many=True)  # type: ignore[assignment]
    notes = RowErrorOutput(many=True)
    items = serializers.SerializerMethodField()

    @extend_schema_field(ImportItemOutput(many=True))
    def get_items(self, row: PostImport) -> list[dict[str, Any]]:
        if not row.ended:
            return []
        found = row.items.order_by("position").values_list("line", "result", "post_id")
        return [
            {"line": line, "result": result, "id": str(post_id) if post_id else None}
            for line, result, post_id in found
        ]


def visible_imports(principal: Principal) -> QuerySet[PostImport]:
    imports = PostImport.objects.select_related("account")
    if principal.slots is not None:
        imports = imports.filter(account__slot__in=sorted(principal.slots))
    return imports


def _shown(principal: Principal, import_id: int) -> dict[str, Any]:
    row = visible_imports(principal).filter(pk=import_id).first() if import_id <= MAX_ID else None
    if row is None:
        raise MissingError("not_found", f"There is no import {import_id}.")
    return dict(ImportOutput(row).data)


def _refreshed(principal: Principal, body: dict[str, Any]) -> dict[str, Any]:
    return _shown(principal, int(body["id"]))


class ImportCreateView(UploadView):
    """Import a CSV file. A short one is done in the answer, a long one goes on (202)."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses={201: ImportOutput, 200: ImportOutput, 202: ImportOutput})
    @idempotent(ImportInput, refresh=_refreshed)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        row = begin_import(data["upload"])
        status = (201 if row.imported else 200) if row.ended else 202
        return Response(ImportOutput(row).data, status=status)


class ImportFilter(filters.FilterSet):
    account_slot = filters.NumberFilter(field_name="account__slot")
    status = filters.MultipleChoiceFilter(choices=ImportStatus.choices)

    class Meta:
        model = PostImport
        fields = ["account_slot", "status"]


class ImportListView(ListAPIView[PostImport]):
    """The imports of the accounts that the caller may use, newest first."""

    scopes = {"GET": "posts:read"}
    serializer_class = ImportSummary
    filter_backends = [filters.DjangoFilterBackend]
    filterset_class = ImportFilter
    orderings = {"-id": ("-id",)}
    queryset = PostImport.objects.none()

    def get_queryset(self) -> QuerySet[PostImport]:
        return visible_imports(principal_of(self.request))


class ImportDetailView(APIView):
    """One import, and what each of its rows became."""

    scopes = {"GET": "posts:read"}

    @extend_schema(responses=ImportOutput)
    def get(self, request: Request, import_id: int) -> Response:
        return Response(_shown(principal_of(request), import_id))
