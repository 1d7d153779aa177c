"""Reading a body: what could be neither stored nor shown later is refused here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.parsers import JSONParser

from accounts.errors import InvalidError, MalformedError

SHOWN = 20


class StrictJSONParser(JSONParser):
    """JSON whose every text can be kept: no NUL, no half of a surrogate pair, not too deep."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            found = list(_unusable(data))
        except RecursionError:
            raise MalformedError(
                "malformed", "The body is nested too deeply. Send one plain JSON object."
            ) from None
        if found:
            fields = [
                {"field": _shown(field), "code": "invalid_character", "detail": detail}
                for field, detail in found[:SHOWN]
            ]
            raise InvalidError("validation", fields[0]["detail"], fields=fields)
        return data


def _unusable(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, sentence) of each text that PostgreSQL or UTF-8 can't hold."""
    if isinstance(value, str):
        if "\0" in value:
            yield path or "body", "Null characters are not allowed. Leave them out."
        elif any("\ud800" <= character <= "\udfff" for character in value):
            yield path or "body", "This holds half of a surrogate pair. Send whole characters."
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = f"{path}.{name}" if path else name
            yield from _unusable(name, inner)
            yield from _unusable(item, inner)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _unusable(item, f"{path}.{position}" if path else str(position))


def _shown(path: str) -> str:
    return path.encode("utf-8", "replace").decode().replace("\0", "?")[:200]
