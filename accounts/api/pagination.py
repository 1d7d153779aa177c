"""Keyset pages: `?limit=`, `?ordering=`, and a cursor that belongs to its filters and order."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import MalformedError

if TYPE_CHECKING:
    from rest_framework.views import APIView

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
SALT = "api.cursor"


class KeysetPagination(BasePagination):
    """Pages by the values of the last row seen, so a page costs the same wherever it is.

    A view names its `orderings`: name → columns, each indexed and never null, the id last (it
    is added where missing). The first one is the default; `-name` turns it round.
    """

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        orderings: dict[str, tuple[str, ...]] = getattr(view, "orderings", {"-id": ("-id",)})
        self.ordering = self._ordering(orderings)
        self.limit = self._limit()
        self.scope = self._scope()
        values, backwards = self._cursor()
        columns = _turned(self.ordering) if backwards else self.ordering
        rows = queryset.order_by(*columns)
        if values is not None:
            rows = rows.filter(_beyond(columns, values))
        found = list(rows[: self.limit + 1])
        more = len(found) > self.limit
        page = found[: self.limit]
        if backwards:
            page.reverse()
        self.has_next = more if not backwards else values is not None
        self.has_previous = more if backwards else values is not None
        self.page = page
        return page

    def _ordering(self, orderings: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        wanted = self.request.query_params.get("ordering") or next(iter(orderings))
        columns = orderings.get(wanted)
        if columns is None:
            opposite = wanted[1:] if wanted.startswith("-") else f"-{wanted}"
            if opposite not in orderings:
                raise MalformedError(
                    "ordering_invalid", f"ordering is one of {', '.join(orderings)}."
                )
            columns = _turned(orderings[opposite])
        if columns[-1].lstrip("-") not in ("id", "pk"):
            columns = (*columns, "-id" if columns[-1].startswith("-") else "id")
        return columns

    def _limit(self) -> int:
        text = self.request.query_params.get("limit", str(DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
            raise MalformedError("limit_invalid", f"limit is a number from 1 to {MAX_LIMIT}.")
        return int(text)

    def _scope(self) -> str:
        """What a cursor belongs to: this path, these filters, this order."""
        query = sorted(
            (name, value)
            for name, values in self.request.query_params.lists()
            for value in values
            if name not in ("cursor", "limit")
        )
        text = json.dumps([self.request.path, query, self.ordering])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _cursor(self) -> tuple[list[Any] | None, bool]:
        text = self.request.query_params.get("cursor")
        if not text:
            return None, False
        try:
            scope, backwards, values = signing.loads(text, salt=SALT)
        except (signing.BadSignature, ValueError, TypeError):
            raise MalformedError(
                "cursor_invalid", "This cursor can't be read. Start again without a cursor."
            ) from None
        if scope != self.scope:
            raise MalformedError(
                "cursor_mismatch",
                "This cursor belongs to other filters or another ordering. Follow the links as "
                "they are, or start again without a cursor.",
            )
        return [_read(value) for value in values], bool(backwards)

    def _link(self, row: Model, *, backwards: bool) -> str:
        values = [_write(getattr(row, column.lstrip("-"))) for column in self.ordering]
        cursor = signing.dumps([self.scope, backwards, values], salt=SALT)
        query = self.request.query_params.copy()
        query["cursor"] = cursor
        return str(self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}"))

    def get_paginated_response(self, data: Any) -> Response:
        page = self.page
        return Response(
            {
                "results": data,
                "next": self._link(page[-1], backwards=False) if page and self.has_next else None,
                "previous": (
                    self._link(page[0], backwards=True) if page and self.has_previous else None
                ),
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": {"type": "array", "items": schema},
                "next": link,
                "previous": link,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        orderings = list(getattr(view, "orderings", {"-id": ("-id",)}))
        both = [*orderings, *(o[1:] if o.startswith("-") else f"-{o}" for o in orderings)]
        return [
            _parameter("cursor", {"type": "string"}, "From `next` or `previous`."),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, "Rows."),
            _parameter("ordering", {"type": "string", "enum": both}, "The order of the rows."),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


def _turned(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column[1:] if column.startswith("-") else f"-{column}" for column in columns)


def _beyond(columns: tuple[str, ...], values: list[Any]) -> Q:
    """Rows after these values: (a > x) or (a = x and b > y) …"""
    condition = Q()
    same = Q()
    for column, value in zip(columns, values, strict=True):
        name = column.lstrip("-")
        operator = "lt" if column.startswith("-") else "gt"
        condition |= same & Q(**{f"{name}__{operator}": value})
        same &= Q(**{name: value})
    return condition


def _write(value: Any) -> Any:
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def _read(value: Any) -> Any:
    return parse_datetime(value["t"]) if isinstance(value, dict) else value
