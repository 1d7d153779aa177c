"""Which files the library takes, told by their first bytes, and X's limits for each.

X API docs, media upload pages: pictures to 5 MB; GIF to 15 MB, 1280x1080, 350 frames; video to
512 MB, 0.5 to 140 s, 32x32 to 1280x1024, sides from 1:3 to 3:1. The limit of pixels is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
MAX_IMAGE_BYTES = 5 * MEGABYTE
MAX_GIF_BYTES = 15 * MEGABYTE
MAX_VIDEO_BYTES = 512 * MEGABYTE
MAX_PIXELS = 50_000_000
MAX_GIF_WIDTH = 1280
MAX_GIF_HEIGHT = 1080
MAX_GIF_FRAMES = 350
MIN_VIDEO_SECONDS = 0.5
MAX_VIDEO_SECONDS = 140.0
MIN_VIDEO_SIDE = 32
MAX_VIDEO_SIDE = 1280
MAX_VIDEO_SHORT_SIDE = 1024
MAX_VIDEO_RATIO = 3.0
MAX_ALT_TEXT = 1000
HEAD_BYTES = 32


@dataclass(frozen=True)
class Kind:
    """A type of file, what it is called and how many bytes of it X takes."""

    mime_type: str
    extension: str
    max_bytes: int


@dataclass(frozen=True)
class Facts:
    """What a file that was read through turned out to be."""

    width: int
    height: int
    duration_seconds: float | None = None


class RefusedFileError(Exception):
    """The file is damaged, or X would not take it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


JPEG = Kind("image/jpeg", "jpg", MAX_IMAGE_BYTES)
PNG = Kind("image/png", "png", MAX_IMAGE_BYTES)
WEBP = Kind("image/webp", "webp", MAX_IMAGE_BYTES)
GIF = Kind("image/gif", "gif", MAX_GIF_BYTES)
MP4 = Kind("video/mp4", "mp4", MAX_VIDEO_BYTES)
KINDS = {kind.mime_type: kind for kind in (JPEG, PNG, WEBP, GIF, MP4)}


def kind_of(head: bytes) -> Kind:
    """The type by the first bytes; the name of a file says nothing. Raises RefusedFileError."""
    if not head:
        raise RefusedFileError("empty", "The file is empty. Choose another one.")
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return MP4
    raise RefusedFileError(
        "unsupported_type",
        "By its content this is not a JPEG, PNG, WebP, GIF or MP4 file. Convert it to one.",
    )
