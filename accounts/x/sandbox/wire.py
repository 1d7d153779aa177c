"""What travels between the HTTP server and the operations: a call, an answer, a refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import problems


class ApiError(Exception):
    """A refusal in one of X's error formats; `body` is sent as JSON, or as text when a str."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


@dataclass
class Response:
    """An answer before it is written. `body` None means no content."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None

    def encoded(self) -> tuple[bytes, str]:
        """The body as bytes and its content type."""
        if self.body is None:
            return b"", self.content_type or "application/json; charset=utf-8"
        if isinstance(self.body, bytes):
            return self.body, self.content_type or "application/octet-stream"
        if isinstance(self.body, str):
            html = self.body.lstrip()[:1] == "<"
            kind = "text/html; charset=utf-8" if html else "text/plain; charset=utf-8"
            return self.body.encode(), self.content_type or kind
        kind = "application/json; charset=utf-8"
        if self.status >= 400 and isinstance(self.body, dict) and "title" in self.body:
            kind = "application/problem+json; charset=utf-8"
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return text.encode(), self.content_type or kind


@dataclass
class Principal:
    """Who signed the request. `account` is None for an app-only token."""

    kind: str  # "oauth1" | "oauth2" | "app"
    app: dict[str, Any]
    account: dict[str, Any] | None
    scopes: frozenset[str] = frozenset()

    @property
    def user_id(self) -> int:
        """The account's id; only for operations that demand a user."""
        if self.account is None:
            raise ApiError(403, problems.unsupported_authentication())
        return int(self.account["id"])


@dataclass
class Call:
    """One request, read whole."""

    method: str
    target: str
    headers: Message
    raw: bytes
    base_url: str
    peer: str
    path_args: dict[str, str] = field(default_factory=dict)
    principal: Principal | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.path = parts.path
        self.query_pairs = parse_qsl(parts.query, keep_blank_values=True)
        self.query = dict(self.query_pairs)

    @property
    def content_type(self) -> str:
        """Media type of the body, lower case, without parameters."""
        return (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def user(self) -> Principal:
        """The signed-in principal; the router has set it for every signed operation."""
        if self.principal is None:
            raise ApiError(401, problems.unauthorized())
        return self.principal

    def form(self) -> dict[str, str]:
        """A urlencoded body."""
        if self.content_type != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """A JSON body; anything else is X's 400."""
        if self.content_type not in {"application/json", ""} or not self.raw:
            raise ApiError(400, problems.invalid_body("The request body must be JSON"))
        try:
            body = json.loads(self.raw)
            if b"\\u" in self.raw:
                json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
            return body
        except (ValueError, RecursionError) as error:
            detail = f"Requests must have a valid JSON body: {error}"
            raise ApiError(400, problems.invalid_body(detail)) from None

    def multipart(self) -> dict[str, bytes]:
        """The parts of a multipart/form-data body by field name."""
        boundary = ""
        for piece in (self.headers.get("Content-Type") or "").split(";")[1:]:
            name, _, value = piece.strip().partition("=")
            if name.lower() == "boundary":
                boundary = value.strip('"')
        if not boundary:
            raise ApiError(400, problems.invalid_body("The multipart body has no boundary"))
        parts: dict[str, bytes] = {}
        for chunk in self.raw.split(b"--" + boundary.encode())[1:]:
            if chunk.startswith(b"--"):
                break
            head, _, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = _disposition_name(head.decode("utf-8", "replace"))
            if name:
                parts[name] = content.removesuffix(b"\r\n")
        return parts


def _disposition_name(head: str) -> str:
    for line in head.splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() != "content-disposition":
            continue
        for piece in value.split(";")[1:]:
            name, _, quoted = piece.strip().partition("=")
            if name.lower() == "name":
                return quoted.strip('"')
    return ""
