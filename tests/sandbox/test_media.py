"""Media uploads: one-shot, in segments, processing, expiry, alt text."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .client import Caller
from .process import SandboxProcess

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
GIF = b"GIF89a" + b"\x00" * 60
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 60


def image(caller: Caller, category: str = "tweet_image") -> str:
    answer = caller.call(
        "POST",
        "/2/media/upload",
        data={"media_category": category},
        files={"media": ("a.png", PNG, "image/png")},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def initialize(caller: Caller, content: bytes, kind: str, category: str) -> str:
    body = {"media_type": kind, "total_bytes": len(content), "media_category": category}
    answer = caller.call("POST", "/2/media/upload/initialize", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def segments(caller: Caller, id_: str, content: bytes, size: int = 30) -> None:
    for index, start in enumerate(range(0, len(content), size)):
        answer = caller.call(
            "POST",
            f"/2/media/upload/{id_}/append",
            data={"segment_index": str(index)},
            files={"media": content[start : start + size]},
        )
        assert answer.status_code == 200, answer.text


def video(caller: Caller, content: bytes = MP4, category: str = "tweet_video") -> dict[str, Any]:
    kind = "image/gif" if category.endswith("gif") else "video/mp4"
    id_ = initialize(caller, content, kind, category)
    segments(caller, id_, content)
    answer = caller.call("POST", f"/2/media/upload/{id_}/finalize")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def status(caller: Caller, id_: str) -> dict[str, Any]:
    answer = caller.get("/2/media/upload", command="STATUS", media_id=id_)
    return dict(answer.json()["data"]["processing_info"])


def test_an_image_goes_up_in_one_request_and_onto_a_post(
    server: SandboxProcess, acme: Caller
) -> None:
    id_ = image(acme)
    alt = {"id": id_, "metadata": {"alt_text": {"text": "A lighthouse"}}}
    assert acme.call("POST", "/2/media/metadata", json=alt).json()["data"]["id"] == id_
    made = acme.post("Look", media={"media_ids": [id_]}).json()["data"]
    assert made["text"].startswith("Look https://t.co/")
    shown = acme.get(
        f"/2/tweets/{made['id']}",
        tweet__fields="entities",
        expansions="attachments.media_keys",
        media__fields="alt_text,url",
    ).json()
    [item] = shown["includes"]["media"]
    assert (item["type"], item["alt_text"]) == ("photo", "A lighthouse")
    assert shown["data"]["attachments"]["media_keys"] == [item["media_key"]]
    assert shown["data"]["entities"]["urls"][0]["media_key"] == item["media_key"]
    names = [entry["operation"] for entry in server.ledger()]
    assert names == ["upload_media", "media_metadata", "create_post"]


def test_a_post_may_be_media_alone(acme: Caller) -> None:
    assert acme.post(media={"media_ids": [image(acme)]}).status_code == 201


def test_base64_json_works_too(acme: Caller) -> None:
    body = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    assert acme.call("POST", "/2/media/upload", json=body).status_code == 200
    body["media"] = "???"
    assert acme.call("POST", "/2/media/upload", json=body).status_code == 400


def test_bytes_that_are_no_image_are_refused(acme: Caller) -> None:
    answer = acme.call(
        "POST",
        "/2/media/upload",
        data={"media_category": "tweet_image"},
        files={"media": b"<html>"},
    )
    assert answer.status_code == 400


def test_a_video_is_processed_before_it_can_be_used(server: SandboxProcess, acme: Caller) -> None:
    server.settings(media_processing_ms=1_000_000)
    data = video(acme)
    id_ = data["id"]
    assert data["processing_info"]["state"] == "pending"
    assert data["processing_info"]["check_after_secs"] >= 1
    post = {"media": {"media_ids": [id_]}}
    early = acme.post("Film", **post)
    assert early.status_code == 400
    assert early.json()["errors"][0]["message"] == "Your media IDs are invalid."
    server.settings(clock_offset_s=500)
    assert status(acme, id_)["state"] == "in_progress"
    server.settings(clock_offset_s=1001)
    assert status(acme, id_)["state"] == "succeeded"
    assert acme.post("Film", **post).status_code == 201


def test_a_broken_video_fails_in_processing(server: SandboxProcess, acme: Caller) -> None:
    server.settings(media_processing_ms=0)
    id_ = video(acme, b"not a film at all")["id"]
    server.settings(clock_offset_s=1)
    assert status(acme, id_)["state"] == "failed"
    assert acme.post("Film", media={"media_ids": [id_]}).status_code == 400


def test_segments_must_add_up_and_can_be_sent_again(acme: Caller) -> None:
    id_ = initialize(acme, PNG, "image/png", "tweet_image")
    segments(acme, id_, PNG[:30])
    finalize = f"/2/media/upload/{id_}/finalize"
    assert acme.call("POST", finalize).status_code == 400
    segments(acme, id_, PNG)
    assert acme.call("POST", finalize).status_code == 200
    late = acme.call(
        "POST",
        f"/2/media/upload/{id_}/append",
        data={"segment_index": "9"},
        files={"media": b"x"},
    )
    assert late.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"media_type": "image/png", "total_bytes": 10},
        {"media_type": "image/svg", "total_bytes": 10, "media_category": "tweet_image"},
        {"media_type": "image/png", "total_bytes": 6_000_000, "media_category": "tweet_image"},
        {"media_type": "image/png", "total_bytes": -1, "media_category": "tweet_image"},
    ],
)
def test_initialize_is_strict(acme: Caller, body: dict[str, Any]) -> None:
    assert acme.call("POST", "/2/media/upload/initialize", json=body).status_code == 400


def test_only_own_live_media_in_a_legal_mix_can_be_attached(
    server: SandboxProcess, acme: Caller, northwind: Caller
) -> None:
    server.settings(media_processing_ms=0)
    foreign, photo, dm_photo = image(northwind), image(acme), image(acme, "dm_image")
    film, clip = video(acme)["id"], video(acme, GIF, "tweet_gif")["id"]
    for ids in ([foreign], ["42"], [photo, film], [photo, clip], [photo, photo], [dm_photo]):
        answer = acme.post("Mixed", media={"media_ids": ids})
        assert answer.status_code == 400, ids
    four = [image(acme) for _ in range(4)]
    assert acme.post("Four", media={"media_ids": four}).status_code == 201
    server.settings(clock_offset_s=86_401)
    assert acme.post("Old", media={"media_ids": [photo]}).status_code == 400


def test_a_message_carries_dm_media(acme: Caller, northwind: Caller) -> None:
    id_ = image(acme, "dm_image")
    path = f"/2/dm_conversations/with/{northwind.id}/messages"
    answer = acme.call("POST", path, json={"attachments": [{"media_id": id_}]})
    assert answer.status_code == 201
    page = northwind.get(
        "/2/dm_events", dm_event__fields="attachments", expansions="attachments.media_keys"
    ).json()
    assert page["data"][0]["attachments"]["media_keys"] == [f"3_{id_}"]
    assert page["includes"]["media"][0]["media_key"] == f"3_{id_}"
