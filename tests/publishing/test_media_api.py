"""/api/media, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Account
from accounts.principals import Principal
from publishing.content import PartContent, PartMediaContent, PostContent
from publishing.models import MediaAsset
from publishing.services.posts import write_post
from tests.publishing.api_door import Door
from tests.publishing.media_samples import gif, image, mp4, png_claiming

pytestmark = [pytest.mark.usefixtures("folders"), pytest.mark.django_db]
RED = image("PNG")


@pytest.fixture
def door(db: None) -> Door:
    return Door("posts:read", "media:write")


def test_a_file_is_added_shown_described_served_and_deleted(door: Door) -> None:
    added = door.upload("/api/media", RED, name="Red one.png", alt_text="Red")
    assert added.status_code == 201
    shown = added.json()
    assert (shown["original_name"], shown["mime_type"]) == ("Red one.png", "image/png")
    assert (shown["width"], shown["height"], shown["alt_text"]) == (40, 30, "Red")
    path = f"/api/media/{shown['id']}"
    assert door.get(path).json() == shown
    assert door.send("PATCH", path, {"alt_text": "Redder"}).json()["alt_text"] == "Redder"
    served = door.get(shown["file_url"])
    assert b"".join(served.streaming_content) == RED
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Content-Disposition"] == 'inline; filename="Red one.png"'
    assert "sandbox" in served["Content-Security-Policy"]
    assert door.send("DELETE", path).status_code == 204
    assert door.get(path).status_code == 404
    assert door.get(shown["file_url"]).status_code == 404


def test_the_same_file_is_there_already(door: Door) -> None:
    first = door.upload("/api/media", RED).json()
    again = door.upload("/api/media", RED, name="b.png")
    assert (again.status_code, again.json()["id"], again.json()["skipped"]) == (
        200,
        first["id"],
        True,
    )


def test_one_key_one_file_and_nothing_left_behind(door: Door, folders: Path) -> None:
    first = door.upload("/api/media", RED, key="k1")
    again = door.upload("/api/media", RED, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert door.upload("/api/media", image("GIF"), key="k1").status_code == 422
    assert [path.suffix for path in (folders / "media").iterdir()] == [".png"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "unsupported_type"),
        (b"<html><script>alert(1)</script></html>", "unsupported_type"),
        (RED[:50], "damaged"),
        (png_claiming(50_000, 50_000), "too_many_pixels"),
        (gif(351), "too_many_frames"),
        (mp4(0.1), "bad_duration"),
    ],
)
def test_hostile_files_are_refused_in_words(
    door: Door, folders: Path, data: bytes, code: str
) -> None:
    refused = door.upload("/api/media", data, name="cat.png")
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"][0]["field"] == "file"
    assert refused.json()["errors"][0]["code"] == code
    assert list((folders / "media").glob("*")) == []


@pytest.mark.parametrize("name", ["../../evil.html", "..\\evil.html", "evil.html", '"><x>.htm'])
def test_a_page_in_a_picture_is_never_served_as_a_page(
    door: Door, folders: Path, name: str
) -> None:
    polyglot = RED + b"<html><script>alert(1)</script></html>"
    shown = door.upload("/api/media", polyglot, name=name).json()
    served = door.get(shown["file_url"])
    assert served["Content-Type"] == "image/png"
    assert ".htm" not in served["Content-Disposition"]
    assert ".png" in served["Content-Disposition"]
    assert served["X-Content-Type-Options"] == "nosniff"
    assert MediaAsset.objects.get().path.parent == folders / "media"


def test_a_form_without_a_file_and_one_that_is_none(door: Door) -> None:
    missing = door.send("POST", "/api/media", {"alt_text": "x"})
    assert missing.status_code == 415
    assert door.upload("/api/media", RED, alt_text="x" * 1001).status_code == 422
    assert door.upload("/api/media", RED, colour="red").status_code == 422
    assert Client().post("/api/media", {"alt_text": "x"}).status_code == 401


def test_a_file_in_use_is_not_deleted(door: Door, account: Account, operator: Principal) -> None:
    media_id = door.upload("/api/media", RED).json()["id"]
    asset = MediaAsset.objects.get()
    content = PostContent(parts=(PartContent("Hello", (PartMediaContent(asset),)),))
    write_post(account=account, content=content, actor=operator, draft=True)
    refused = door.send("DELETE", f"/api/media/{media_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")


def test_the_list_is_searched_by_name_and_type(door: Door) -> None:
    door.upload("/api/media", RED, name="Holiday.png")
    door.upload("/api/media", gif(2), name="holidays.gif")
    door.upload("/api/media", mp4(), name="work.mp4")

    def names(**query: str) -> list[str]:
        answer = json.loads(door.get("/api/media", **query).content)
        return [found["original_name"] for found in answer["results"]]

    assert names() == ["work.mp4", "holidays.gif", "Holiday.png"]
    assert names(name="holiday") == ["holidays.gif", "Holiday.png"]
    assert names(mime_type="video/mp4") == ["work.mp4"]
    assert door.get("/api/media", mime_type="text/html").status_code == 422


def test_reading_does_not_allow_writing(db: None) -> None:
    reader = Door("posts:read")
    assert reader.upload("/api/media", RED).status_code == 403
    assert reader.get("/api/media").status_code == 200
    assert Door("accounts:read", name="other").get("/api/media").status_code == 403
