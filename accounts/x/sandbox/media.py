"""Media: upload sessions, processing, expiry, alt text.

Sources: X API docs, media upload pages (sizes, categories, 24 h life after finalize).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from . import bodies, problems
from .core import Sandbox
from .store import as_id
from .wire import ApiError, Call, Response

LIFE_S = 86_400
MB = 1024 * 1024
CHUNK_MAX = 5 * MB
_KEY = {"image": "3", "gif": "16", "video": "7"}
_MAX = {"image": 5 * MB, "gif": 15 * MB, "video": 512 * MB, "subtitles": MB}


def kind_of(category: str) -> str:
    """image, gif, video or subtitles."""
    return category.split("_")[-1]


def one_shot(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/media/upload: an image in one request, multipart or JSON with base64."""
    if call.content_type == "multipart/form-data":
        parts = call.multipart()
        body: dict[str, Any] = {k: v.decode("utf-8", "replace") for k, v in parts.items()}
        content = parts.get("media", b"")
        bodies.check(body, bodies.MEDIA_ONE_SHOT)
    else:
        body = bodies.check(call.json(), bodies.MEDIA_ONE_SHOT)
        content = _from_base64(body["media"])
    category = body["media_category"]
    media_type = sniff(content)
    kind = kind_of(category)
    wanted = {"image": "image/", "gif": "image/gif", "video": "video/"}.get(kind, "")
    if not content or (wanted and not media_type.startswith(wanted)):
        raise ApiError(400, problems.invalid_body("media type unrecognized."))
    account = call.user.account or {}
    with sandbox.store.transaction():
        row = _open(sandbox, account, category, media_type, len(content), [])
        _receive(sandbox, row, 0, content)
        data = _close(sandbox, row)
        payload = {"media_category": category, "size": len(content), "media_type": media_type}
        sandbox.store.record(account, "upload_media", payload, row["id"])
    return Response(200, {"data": data})


def initialize(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/media/upload/initialize."""
    body = bodies.check(call.json(), bodies.MEDIA_INITIALIZE)
    for name in ("media_type", "total_bytes", "media_category"):
        if name not in body:
            raise ApiError(400, problems.invalid([({f"$.{name}": []}, f"$.{name}: is missing")]))
    category = body["media_category"]
    account = call.user.account or {}
    if body["total_bytes"] > _MAX[kind_of(category)]:
        raise ApiError(400, problems.invalid_body("File size exceeds the limit of its category."))
    with sandbox.store.transaction():
        row = _open(
            sandbox, account, category, body["media_type"], body["total_bytes"],
            body.get("additional_owners", []),
        )  # fmt: skip
        sandbox.store.record(account, "media_initialize", body, row["id"])
    data = {"id": str(row["id"]), "media_key": row["media_key"], "expires_after_secs": LIFE_S}
    return Response(200, {"data": data})


def append(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/media/upload/{id}/append: one segment; sending it again replaces it."""
    if call.content_type == "multipart/form-data":
        parts = call.multipart()
        index = parts.get("segment_index", b"").decode("ascii", "replace")
        body: dict[str, Any] = {
            "segment_index": int(index) if index.isdecimal() else index,
            "media": "",
        }
        content = parts.get("media", b"")
        bodies.check(body, bodies.MEDIA_APPEND)
    else:
        body = bodies.check(call.json(), bodies.MEDIA_APPEND)
        content = _from_base64(body["media"])
    if not content or len(content) > CHUNK_MAX:
        raise ApiError(400, problems.invalid_body("A segment holds 1 byte to 5 MB."))
    with sandbox.store.transaction():
        row = _session(sandbox, call)
        _receive(sandbox, row, body["segment_index"], content)
        payload = {"segment_index": body["segment_index"], "size": len(content)}
        sandbox.store.record(call.user.account or {}, "media_append", payload, row["id"])
    expires = row["created_ms"] // 1000 + LIFE_S
    return Response(200, {"data": {"expires_at": expires}})


def finalize(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/media/upload/{id}/finalize."""
    with sandbox.store.transaction():
        row = _session(sandbox, call)
        got = sandbox.store.rows(
            "SELECT position, size FROM segments WHERE media_id = ? ORDER BY position",
            (row["id"],),
        )
        whole = [item["position"] for item in got] == list(range(len(got)))
        if not got or not whole or sum(item["size"] for item in got) != row["total_bytes"]:
            message = "Segments do not add up to provided total file size."
            raise ApiError(400, problems.invalid_body(message))
        image = kind_of(row["category"]) in {"image", "gif"}
        if image and not sniff(row["head"]).startswith("image/"):
            raise ApiError(400, problems.invalid_body("media type unrecognized."))
        data = _close(sandbox, row)
        sandbox.store.record(call.user.account or {}, "media_finalize", {}, row["id"])
    return Response(200, {"data": data})


def status(sandbox: Sandbox, call: Call) -> Response:
    """GET /2/media/upload?command=STATUS&media_id=."""
    id_ = call.query.get("media_id", "")
    if not id_.isdecimal() or call.query.get("command", "STATUS") != "STATUS":
        raise ApiError(400, problems.invalid_parameter("media_id", id_, "media_id is required"))
    row = _mine(sandbox, call, id_)
    if row is None or row["finalized_ms"] is None:
        raise ApiError(404, problems.not_found("media", "media_id", id_) | {"status": 404})
    return Response(200, {"data": _view(sandbox, row)})


def metadata(sandbox: Sandbox, call: Call) -> Response:
    """POST /2/media/metadata: alt text of at most 1,000 characters, before posting."""
    body = bodies.check(call.json(), bodies.MEDIA_METADATA)
    with sandbox.store.transaction() as db:
        row = _mine(sandbox, call, body["id"])
        if row is None:
            raise ApiError(404, problems.not_found("media", "id", body["id"]) | {"status": 404})
        alt = body.get("metadata", {}).get("alt_text", {}).get("text")
        if alt is not None:
            db.execute("UPDATE media SET alt_text = ? WHERE id = ?", (alt, row["id"]))
        sandbox.store.record(call.user.account or {}, "media_metadata", body, row["id"])
    known = body.get("metadata", {})
    return Response(200, {"data": {"id": body["id"], "associated_metadata": known}})


def attachable(sandbox: Sandbox, user_id: int, ids: list[str], use: str) -> list[dict[str, Any]]:
    """The media rows for these ids, or X's 400: own, alive, processed, and a legal mix."""
    found = [_owned(sandbox, user_id, id_) for id_ in ids]
    rows = [row for row in found if row is not None]
    ready = [
        row
        for row in rows
        if row["finalized_ms"] is not None
        and _processing(sandbox, row).get("state", "succeeded") == "succeeded"
        and row["category"].startswith((use, "amplify"))
    ]
    mix = sorted(kind_of(row["category"]) for row in rows)
    legal = mix == ["image"] * len(mix) or len(mix) == 1
    if len(ready) != len(ids) or len(set(ids)) != len(ids) or not legal:
        entry: tuple[dict[str, list[str]], str] = (
            {"media.media_ids": ids},
            "Your media IDs are invalid.",
        )
        raise ApiError(400, problems.invalid([entry]))
    return rows


def sniff(content: bytes) -> str:
    """The media type that the first bytes show; empty when they show none."""
    for magic, name in (
        (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"), (b"BM", "image/bmp"), (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"), (b"\x1a\x45\xdf\xa3", "video/webm"),
    ):  # fmt: skip
        if content.startswith(magic):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "video/mp4" if content[4:8] == b"ftyp" else ""


def _open(
    sandbox: Sandbox,
    account: dict[str, Any],
    category: str,
    media_type: str,
    total: int,
    owners: list[str],
) -> dict[str, Any]:
    id_ = sandbox.store.new_id()
    row = {
        "id": id_, "owner_id": account["id"], "owners": json.dumps(owners),
        "media_key": f"{_KEY.get(kind_of(category), '3')}_{id_}", "category": category,
        "media_type": media_type, "total_bytes": total, "state": "open",
        "created_ms": sandbox.clock.now_ms(),
    }  # fmt: skip
    marks = ", ".join("?" for _ in row)
    sandbox.store.db.execute(
        f"INSERT INTO media ({', '.join(row)}) VALUES ({marks})",  # noqa: S608 - names from the literal above
        tuple(row.values()),
    )
    return row


def _receive(sandbox: Sandbox, row: dict[str, Any], index: int, content: bytes) -> None:
    db = sandbox.store.db
    db.execute(
        "REPLACE INTO segments (media_id, position, size) VALUES (?, ?, ?)",
        (row["id"], index, len(content)),
    )
    if index == 0:
        db.execute("UPDATE media SET head = ? WHERE id = ?", (content[:32], row["id"]))
        row["head"] = content[:32]


def _close(sandbox: Sandbox, row: dict[str, Any]) -> dict[str, Any]:
    now = sandbox.clock.now_ms()
    broken = kind_of(row["category"]) == "video" and not sniff(row["head"]).startswith("video/")
    row |= {"finalized_ms": now, "state": "broken" if broken else "done"}
    sandbox.store.db.execute(
        "UPDATE media SET finalized_ms = ?, state = ? WHERE id = ?", (now, row["state"], row["id"])
    )
    return _view(sandbox, row)


def _session(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    id_ = call.path_args["id"]
    row = _mine(sandbox, call, id_)
    if row is None:
        raise ApiError(404, problems.not_found("media", "id", id_) | {"status": 404})
    if row["finalized_ms"] is not None:
        raise ApiError(400, problems.invalid_body("The upload has been finalized already."))
    return row


def _mine(sandbox: Sandbox, call: Call, id_: str) -> dict[str, Any] | None:
    return _owned(sandbox, call.user.user_id, id_)


def _owned(sandbox: Sandbox, user_id: int, id_: str) -> dict[str, Any] | None:
    row = sandbox.store.row("SELECT * FROM media WHERE id = ?", (as_id(id_),))
    if row is None or (
        row["owner_id"] != user_id and str(user_id) not in json.loads(row["owners"])
    ):
        return None
    born = row["finalized_ms"] or row["created_ms"]
    return row if sandbox.clock.now_ms() < born + LIFE_S * 1000 else None


def _processing(sandbox: Sandbox, row: dict[str, Any]) -> dict[str, Any]:
    """Images are ready at once; video and GIF go pending, in_progress, succeeded or failed."""
    if kind_of(row["category"]) not in {"video", "gif"}:
        return {}
    whole = max(1, int(sandbox.settings["media_processing_ms"]))
    share = (sandbox.clock.now_ms() - row["finalized_ms"]) / whole
    if share >= 1:
        state = "failed" if row["state"] == "broken" else "succeeded"
        return {"state": state, "progress_percent": 100 if state == "succeeded" else 0}
    wait = max(1, round(whole * (1 - share) / 1000))
    if share < 0.3:
        return {"state": "pending", "check_after_secs": wait, "progress_percent": 0}
    percent = int(share * 100)
    return {"state": "in_progress", "check_after_secs": wait, "progress_percent": percent}


def _view(sandbox: Sandbox, row: dict[str, Any]) -> dict[str, Any]:
    left = (row["finalized_ms"] - sandbox.clock.now_ms()) // 1000 + LIFE_S
    data: dict[str, Any] = {
        "id": str(row["id"]),
        "media_key": row["media_key"],
        "size": row["total_bytes"],
        "expires_after_secs": left,
    }
    if kind_of(row["category"]) == "image":
        data["image"] = {"image_type": row["media_type"]}
    elif kind_of(row["category"]) == "video":
        data["video"] = {"video_type": row["media_type"]}
    processing = _processing(sandbox, row)
    return data | ({"processing_info": processing} if processing else {})


def _from_base64(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ApiError(400, problems.invalid_body("$.media: is not base64")) from None
