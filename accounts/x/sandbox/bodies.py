"""The JSON bodies X accepts, and the strict check of them.

The shapes follow the request schemas of the X API v2 OpenAPI description 2.167, which forbid
unknown fields (`additionalProperties: false`).
"""

from __future__ import annotations

import re
from typing import Any

from . import problems
from .wire import ApiError

Shape = dict[str, Any]

ID: Shape = {"type": "string", "pattern": r"^[0-9]{1,19}$"}
TEXT: Shape = {"type": "string"}
BOOL: Shape = {"type": "boolean"}
REPLY_SETTINGS: Shape = {
    "type": "string",
    "enum": ["following", "mentionedUsers", "subscribers", "verified"],
}


def obj(required: list[str] | None = None, *, open_: bool = False, **fields: Shape) -> Shape:
    """An object shape; `open_` lets unknown fields through."""
    return {"type": "object", "required": required or [], "fields": fields, "open": open_}


def many(items: Shape, low: int = 0, high: int | None = None) -> Shape:
    """A list shape with its bounds."""
    return {"type": "array", "items": items, "min": low, "max": high}


_LINK = obj(["url"], url=TEXT)
CREATE_POST = obj(
    card_uri=TEXT,
    community_id=ID,
    direct_message_deep_link=TEXT,
    edit_options=obj(["previous_post_id"], previous_post_id=ID),
    for_super_followers_only=BOOL,
    geo=obj(["place_id"], place_id=TEXT),
    made_with_ai=BOOL,
    media=obj(
        ["media_ids"],
        call_to_actions=obj(
            app_install=obj(app_store_id=TEXT, ipad_app_store_id=TEXT, play_store_id=TEXT),
            visit_site=_LINK,
            watch_now=_LINK,
        ),
        description=TEXT,
        embeddable=BOOL,
        media_ids=many(ID, 1, 4),
        preview_media_id=ID,
        tagged_user_ids=many(ID, 0, 10),
        title=TEXT,
    ),
    nullcast=BOOL,
    paid_partnership=BOOL,
    poll=obj(
        ["options", "duration_minutes"],
        duration_minutes={"type": "integer", "min": 5, "max": 10080},
        options=many({"type": "string", "min": 1, "max": 25}, 2, 4),
        reply_settings=REPLY_SETTINGS,
    ),
    quote_tweet_id=ID,
    reply=obj(
        ["in_reply_to_tweet_id"],
        auto_populate_reply_metadata=BOOL,
        exclude_reply_user_ids=many(TEXT),
        in_reply_to_tweet_id=ID,
    ),
    reply_settings=REPLY_SETTINGS,
    share_with_followers=BOOL,
    text=TEXT,
)
TARGET_POST = obj(["tweet_id"], tweet_id=ID)
HIDE = obj(["hidden"], hidden=BOOL)
DM_MESSAGE = obj(
    text={"type": "string", "min": 1}, attachments=many(obj(["media_id"], media_id=ID), 1, 1)
)
DM_GROUP = obj(
    ["conversation_type", "participant_ids", "message"],
    conversation_type={"type": "string", "enum": ["Group"]},
    message=DM_MESSAGE,
    participant_ids=many(ID, 2, 49),
)
MEDIA_INITIALIZE = obj(
    additional_owners=many(ID),
    media_category={
        "type": "string",
        "enum": [
            "amplify_video", "tweet_gif", "tweet_image", "tweet_video",
            "dm_gif", "dm_image", "dm_video", "subtitles",
        ],
    },
    media_type={
        "type": "string",
        "enum": [
            "video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt",
            "image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg",
            "image/tiff", "model/gltf-binary", "model/vnd.usdz+zip",
        ],
    },
    shared=BOOL,
    total_bytes={"type": "integer", "min": 0, "max": 17179869184},
)  # fmt: skip
MEDIA_APPEND = obj(
    ["media", "segment_index"], media=TEXT, segment_index={"type": "integer", "min": 0, "max": 999}
)
MEDIA_METADATA = obj(
    ["id"],
    open_=True,
    id=ID,
    metadata=obj(
        open_=True, alt_text=obj(["text"], open_=True, text={"type": "string", "max": 1000})
    ),
)
MEDIA_ONE_SHOT = obj(
    ["media", "media_category"],
    additional_owners=TEXT,
    media=TEXT,
    media_category={
        "type": "string",
        "enum": [
            "tweet_image", "tweet_video", "tweet_gif", "dm_image", "dm_video", "dm_gif",
            "subtitles",
        ],
    },
)  # fmt: skip

_PYTHON = {"string": str, "boolean": bool, "array": list, "object": dict}


def check(body: Any, shape: Shape) -> dict[str, Any]:
    """Return the body if it has the shape; otherwise raise X's 400 naming each fault."""
    faults: list[tuple[dict[str, list[str]], str]] = []
    _walk(body, shape, "$", faults)
    if faults:
        raise ApiError(400, problems.invalid(faults))
    return dict(body)


def _walk(value: Any, shape: Shape, path: str, faults: list[Any]) -> None:
    kind = shape["type"]
    if kind == "integer":
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, _PYTHON[kind])
    if not fits:
        faults.append(({path: [str(value)[:100]]}, f"{path}: expected {kind}"))
    elif kind == "object":
        _walk_object(value, shape, path, faults)
    elif kind == "array":
        _bounds(len(value), shape, path, faults, "items")
        for index, item in enumerate(value):
            _walk(item, shape["items"], f"{path}[{index}]", faults)
    elif kind == "integer":
        _bounds(value, shape, path, faults, "")
    elif kind == "string":
        _bounds(len(value), shape, path, faults, "characters")
        if "enum" in shape and value not in shape["enum"]:
            allowed = ", ".join(shape["enum"])
            faults.append(({path: [value]}, f"{path}: must be one of [{allowed}]"))
        if "pattern" in shape and not re.match(shape["pattern"], value):
            faults.append(({path: [value]}, f"{path}: does not match {shape['pattern']}"))


def _walk_object(value: dict[str, Any], shape: Shape, path: str, faults: list[Any]) -> None:
    for name in shape["required"]:
        if name not in value:
            faults.append(({}, f"{path}.{name}: is missing but it is required"))
    for name, item in value.items():
        inner = shape["fields"].get(name)
        if inner is not None:
            _walk(item, inner, f"{path}.{name}", faults)
        elif not shape["open"]:
            message = (
                f"{path}.{name}: is not defined in the schema and the schema does not "
                "allow additional properties"
            )
            faults.append(({f"{path}.{name}": []}, message))


def _bounds(size: int, shape: Shape, path: str, faults: list[Any], unit: str) -> None:
    low, high = shape.get("min"), shape.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        wanted = f"between {low or 0} and {high}" if high is not None else f"at least {low}"
        faults.append(({path: [str(size)]}, f"{path}: must be {wanted} {unit}".rstrip()))
