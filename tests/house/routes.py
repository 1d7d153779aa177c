"""The table of routes and scopes in docs/api.md, made from the URL conf.

`python -m tests.house.routes` writes it anew; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from xmanager.home import PROJECT

TABLE_START = "<!-- routes: made by `python -m tests.house.routes` -->"
TABLE_END = "<!-- end of routes -->"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def routes() -> list[tuple[str, str, str, bool]]:
    """(path, method, scope, whether Idempotency-Key is taken) of every route under /api/."""
    found = []
    for path, callback in _patterns(get_resolver()):
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        if not path.startswith("api/") or view is None or "?P<rest>" in path:
            continue
        shown = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        for method in METHODS:
            handler = getattr(view, method.lower(), None)
            if handler is not None:
                scope = getattr(view, "scopes", {}).get(method, "public")
                found.append((shown, method, scope, bool(getattr(handler, "idempotent", False))))
    return found


def route_table() -> str:
    """The table as Markdown."""
    lines = ["| Route | Method | Scope | `Idempotency-Key` |", "|---|---|---|---|"]
    for path, method, scope, idempotent in routes():
        named = scope if scope in ("public", "signed-in") else f"`{scope}`"
        lines.append(f"| `{path}` | {method} | {named} | {'yes' if idempotent else ''} |")
    return "\n".join(line.rstrip() for line in lines)


def write_table() -> None:
    document = PROJECT / "docs" / "api.md"
    before, _, rest = document.read_text().partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    document.write_text(f"{before}{TABLE_START}\n{route_table()}\n{TABLE_END}{after}")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.django_settings")
    django.setup()
    write_table()
