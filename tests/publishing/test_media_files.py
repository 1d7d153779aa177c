"""Which files the library takes, and how hostile ones are met."""

from __future__ import annotations

import io

import pytest

from accounts.errors import InvalidError
from publishing.services.media import CheckedFile, check_file
from tests.publishing.media_samples import box, gif, image, mp4, png_claiming

pytestmark = pytest.mark.usefixtures("folders")


def check(data: bytes, name: str = "file") -> CheckedFile:
    return check_file(io.BytesIO(data), name=name)


def refusal(data: bytes, name: str = "file") -> str:
    with pytest.raises(InvalidError) as refused:
        check(data, name)
    (problem,) = refused.value.fields
    assert problem["field"] == "file"
    assert problem["detail"].endswith(".")
    return problem["code"]


@pytest.mark.parametrize(
    ("data", "mime_type", "size"),
    [
        (image("JPEG"), "image/jpeg", (40, 30)),
        (image("PNG"), "image/png", (40, 30)),
        (image("WEBP"), "image/webp", (40, 30)),
        (gif(3), "image/gif", (8, 8)),
        (mp4(), "video/mp4", (640, 360)),
    ],
)
def test_takes_what_x_takes_and_tells_by_content(
    data: bytes, mime_type: str, size: tuple[int, int]
) -> None:
    found = check(data, "anything.exe")
    assert found.kind.mime_type == mime_type
    assert (found.facts.width, found.facts.height) == size
    assert found.stored.size == len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><img src=x>",
        b"%PDF-1.7",
        b"BM" + bytes(100),
        b"II*\0" + bytes(100),
        b"RIFF\0\0\0\0AVI " + bytes(50),
        b"\0",
    ],
)
def test_refuses_other_types_whatever_they_are_called(data: bytes) -> None:
    assert refusal(data, "holiday.png") == "unsupported_type"


def test_refuses_an_empty_file() -> None:
    assert refusal(b"") == "empty"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_refuses_a_picture_that_is_cut_off(kind: str) -> None:
    whole = image(kind, (200, 200)) if kind != "GIF" else gif(5, (64, 64))
    assert refusal(whole[: len(whole) // 2]) == "damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_refuses_a_header_with_a_page_behind_it(kind: str) -> None:
    head = image(kind)[:20]
    assert refusal(head + b"<html><script>alert(1)</script></html>") == "damaged"


@pytest.mark.parametrize("side", [7_100, 14_000, 60_000])
def test_a_decompression_bomb_is_a_clear_error(side: int) -> None:
    assert refusal(png_claiming(side, side)) == "too_many_pixels"


def test_a_wrong_checksum_is_damage() -> None:
    good = bytearray(image("PNG"))
    good[-6] ^= 0xFF  # the checksum of the last chunk
    good[45] ^= 0x01
    assert refusal(bytes(good)) == "damaged"


def test_gif_limits() -> None:
    assert check(gif(350)).facts.width == 8
    assert refusal(gif(351)) == "too_many_frames"
    assert refusal(gif(1, (1281, 4))) == "too_large_dimensions"
    assert refusal(gif(1, (4, 1081))) == "too_large_dimensions"


def test_size_limits_are_kept_while_writing(folders, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            nonlocal taken
            taken += size
            return b"\xff\xd8\xff" + bytes(size - 3)

    with pytest.raises(InvalidError) as refused:
        check_file(Endless(), name="endless.jpg")
    assert refused.value.fields[0]["code"] == "too_large"
    assert taken < 6 * 1024 * 1024
    assert list((folders / "media").iterdir()) == []


def test_refused_files_leave_nothing_behind(folders) -> None:
    for data in (b"<html>", image("PNG")[:60], mp4(seconds=600)):
        refusal(data)
    assert list((folders / "media").glob("*")) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (mp4(0.4), "bad_duration"),
        (mp4(140.5), "bad_duration"),
        (mp4(size=(1920, 1080)), "bad_dimensions"),
        (mp4(size=(16, 16)), "bad_dimensions"),
        (mp4(size=(1280, 64)), "bad_ratio"),
        (mp4(codec=b"hvc1"), "unsupported_codec"),
        (mp4(handler=b"soun"), "no_video"),
        (mp4(brand=b"qt  "), "unsupported_type"),
        (mp4(brand=b"heic"), "unsupported_type"),
        (mp4()[:-1], "damaged"),
        (mp4()[:60], "damaged"),
        (box(b"ftyp", b"isom", bytes(4)), "damaged"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"mvhd")), "damaged"),
        (box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\x04moov", "damaged"),
        (box(b"ftyp", b"isom", bytes(4)) + b"\0\0\0\x01moov" + b"\xff" * 8, "damaged"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"free") * 200_000, "damaged"),
    ],
)
def test_videos_are_measured(data: bytes, code: str) -> None:
    assert refusal(data, "clip.mp4") == code


def test_boxes_in_boxes_without_end_are_damage() -> None:
    nested = b""
    for _ in range(3000):
        nested = box(b"moov", nested)
    assert refusal(box(b"ftyp", b"isom", bytes(4)) + nested) == "damaged"


def test_portrait_video_is_taken() -> None:
    assert check(mp4(140, (720, 1280))).facts.duration_seconds == 140


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\cat.png", "cat.png"),
        ("a\x00b\u202egnp.exe\n", "abgnp.exe"),
        ("x" * 300, "x" * 200),
        ("..", ".."),
    ],
)
def test_names_are_labels_and_never_paths(folders, sent: str, shown: str) -> None:
    found = check(image("PNG"), sent)
    assert found.name == shown
    assert found.stored.path.parent == folders / "media"
