"""Answers against the published OpenAPI description of the X API.

The document is not part of the project. `XM_X_OPENAPI` names it; without that it is looked for
beside the project.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from .client import Caller
from .process import ROOT, SandboxProcess
from .test_media import PNG, image, initialize, segments, video

DEFAULT = ROOT.parent / "shared" / "x-api" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    path = Path(os.environ.get("XM_X_OPENAPI") or DEFAULT)
    if not path.is_file():
        pytest.skip(f"no X OpenAPI document at {path}; set XM_X_OPENAPI to check against it")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    _draft4(found)
    return found


def _draft4(node: Any) -> None:
    """OpenAPI 3.0 says `nullable`; JSON Schema says it in the type."""
    if isinstance(node, dict):
        if node.pop("nullable", False) is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        for child in node.values():
            _draft4(child)
    elif isinstance(node, list):
        for child in node:
            _draft4(child)


def check(document: dict[str, Any], name: str, answer: requests.Response) -> None:
    """The answer fits the schema and names no property that the schema does not know."""
    body = answer.json()
    registry = Registry().with_resource("urn:x", Resource(contents=document, specification=DRAFT4))
    schema = {"$ref": f"urn:x#/components/schemas/{name}"}
    validator = Draft4Validator(schema, registry=registry, format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(body)] == []
    assert "data" in body, body
    _known(document, document["components"]["schemas"][name], body, name)


def _known(document: dict[str, Any], schema: dict[str, Any], value: Any, path: str) -> None:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if isinstance(value, dict) and "properties" in schema:
        for key, item in value.items():
            assert key in schema["properties"], f"{path}.{key} is not in the description"
            _known(document, schema["properties"][key], item, f"{path}.{key}")
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            _known(document, schema["items"], item, f"{path}[]")


@pytest.fixture
def spec(server: SandboxProcess) -> Caller:
    server.settings(vocabulary="spec", allow_likes=True, media_processing_ms=0)
    return Caller(server)


POST_FIELDS = (
    "attachments,author_id,conversation_id,created_at,edit_controls,entities,in_reply_to_user_id,"
    "lang,paid_partnership,possibly_sensitive,public_metrics,referenced_posts,reply_settings"
)
EXPANSIONS = "author_id,in_reply_to_user_id,referenced_posts,attachments.media_keys"
USER_FIELDS = (
    "connection_status,created_at,description,location,profile_image_url,protected,public_metrics,"
    "receives_your_dm,subscription_type,url,verified,verified_type"
)
ASK = {"post__fields": POST_FIELDS, "expansions": EXPANSIONS, "user__fields": USER_FIELDS}


def test_posts_and_timelines(
    document: dict[str, Any], server: SandboxProcess, spec: Caller
) -> None:
    text = "Look @northwind #fine $ACME https://example.com/a"
    made = spec.post(text, media={"media_ids": [image(spec)]})
    check(document, "CreatePostsResponse", made)
    id_ = made.json()["data"]["id"]
    server.mention("acme", in_reply_to_post_id=id_)
    ask = ASK | {"media__fields": "alt_text,url,width,height"}
    check(document, "GetPostsByIdResponse", spec.get(f"/2/tweets/{id_}", **ask))
    check(document, "GetPostsByIdsResponse", spec.get("/2/tweets", ids=f"{id_},42", **ask))
    check(document, "GetUsersPostsResponse", spec.get(f"/2/users/{spec.id}/tweets", **ask))
    check(document, "GetUsersMentionsResponse", spec.get(f"/2/users/{spec.id}/mentions", **ask))
    search = spec.get("/2/tweets/search/recent", query="look", **ask)
    check(document, "SearchPostsRecentResponse", search)
    app = Caller(server, bearer=spec.account["app_bearer_token"])
    counts = app.get("/2/tweets/counts/recent", query="look")
    check(document, "GetPostsCountsRecentResponse", counts)
    usage = app.get("/2/usage/tweets", usage__fields="daily_project_usage,daily_client_app_usage")
    check(document, "GetUsageResponse", usage)
    gone = spec.call("DELETE", f"/2/tweets/{id_}")
    check(document, "DeletePostsResponse", gone)


def test_users(document: dict[str, Any], spec: Caller) -> None:
    check(document, "GetUsersMeResponse", spec.get("/2/users/me", user__fields=USER_FIELDS))
    one = spec.get("/2/users/by/username/northwind", user__fields=USER_FIELDS)
    check(document, "GetUsersByUsernameResponse", one)
    many = spec.get("/2/users", ids=f"{spec.id},42", user__fields=USER_FIELDS)
    check(document, "GetUsersByIdsResponse", many)


def test_engagement_and_messages(
    document: dict[str, Any], server: SandboxProcess, spec: Caller
) -> None:
    id_ = spec.post("root").json()["data"]["id"]
    for action, name in (("likes", "LikePostResponse"), ("retweets", "RepostPostResponse")):
        path = f"/2/users/{spec.id}/{action}"
        check(document, name, spec.call("POST", path, json={"tweet_id": id_}))
        check(document, f"Un{name[0].lower()}{name[1:]}", spec.call("DELETE", f"{path}/{id_}"))
    person = server.dm("acme")["sender_id"]
    path = f"/2/dm_conversations/with/{person}"
    sent = spec.call("POST", f"{path}/messages", json={"text": "see https://example.com"})
    check(document, "CreateDirectMessagesByParticipantIdResponse", sent)
    fields = "created_at,dm_conversation_id,sender_id,entities"
    events = spec.get("/2/dm_events", dm_event__fields=fields, expansions="sender_id")
    check(document, "GetDirectMessagesEventsResponse", events)


def test_media(document: dict[str, Any], spec: Caller) -> None:
    one = spec.call(
        "POST",
        "/2/media/upload",
        data={"media_category": "tweet_image"},
        files={"media": PNG},
    )
    check(document, "MediaUploadResponse", one)
    body = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    opened = spec.call("POST", "/2/media/upload/initialize", json=body)
    check(document, "InitializeMediaUploadResponse", opened)
    id_ = initialize(spec, PNG, "image/png", "tweet_image")
    segments(spec, id_, PNG)
    done = spec.call("POST", f"/2/media/upload/{id_}/finalize")
    check(document, "FinalizeMediaUploadResponse", done)
    status = spec.get("/2/media/upload", command="STATUS", media_id=video(spec)["id"])
    check(document, "GetMediaUploadStatusResponse", status)
    alt = {"id": id_, "metadata": {"alt_text": {"text": "A chart"}}}
    described = spec.call("POST", "/2/media/metadata", json=alt)
    check(document, "CreateMediaMetadataResponse", described)
