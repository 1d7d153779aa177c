"""The boxes of an MP4 file, read as far as its length, size and codec go (ISO/IEC 14496-12)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from publishing.media.kinds import (
    MAX_VIDEO_RATIO,
    MAX_VIDEO_SECONDS,
    MAX_VIDEO_SHORT_SIDE,
    MAX_VIDEO_SIDE,
    MIN_VIDEO_SECONDS,
    MIN_VIDEO_SIDE,
    Facts,
    RefusedFileError,
)

MAX_BOXES = 100_000
MAX_HEADER_BYTES = 4096  # of a box whose fields are read
_BRANDS = {
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
    *(b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"dash", b"f4v "),
}
_H264 = (b"avc1", b"avc2", b"avc3", b"avc4")
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex"}


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of what is in it
    end: int


class _Track:
    def __init__(self) -> None:
        self.is_video = False
        self.width = 0
        self.height = 0
        self.codec = b""


class _Reader:
    """Walks the boxes; counts them, so that a file can't make it walk for ever."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seen = 0
        self.tracks: list[_Track] = []
        self.timescale = 0
        self.duration = 0
        self.has_moov = False
        self.has_data = False

    def boxes(self, start: int, end: int) -> Iterator[_Box]:
        while start < end:
            self._seen += 1
            if self._seen > MAX_BOXES:
                raise _damaged("it has too many boxes")
            size, kind, header = self._header(start, end)
            if size < header or start + size > end:
                raise _damaged(f"its {_shown(kind)} box is cut off or has a wrong length")
            yield _Box(kind, start + header, start + size)
            start += size

    def _header(self, start: int, end: int) -> tuple[int, bytes, int]:
        if start + 8 > end:
            raise _damaged("it ends in the middle of a box")
        size, kind = struct.unpack(">I4s", self.read(start, 8))
        if size == 1:
            if start + 16 > end:
                raise _damaged("it ends in the middle of a box")
            return struct.unpack(">Q", self.read(start + 8, 8))[0], kind, 16
        return (end - start if size == 0 else size), kind, 8

    def read(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        found = self._file.read(length)
        if len(found) < length:
            raise _damaged("it is cut off")
        return found

    def fields(self, box: _Box) -> bytes:
        return self.read(box.start, min(box.end - box.start, MAX_HEADER_BYTES))

    def walk(self, start: int, end: int) -> None:
        for box in self.boxes(start, end):
            if box.kind == b"moov":
                self.has_moov = True
            elif box.kind == b"mdat":
                self.has_data = self.has_data or box.end > box.start
            elif box.kind == b"trak":
                self.tracks.append(_Track())
            if box.kind in _CONTAINERS:
                self.walk(box.start, box.end)
            elif box.kind in (b"mvhd", b"mehd", b"tkhd", b"hdlr", b"stsd"):
                self._note(box.kind, self.fields(box))

    def _note(self, kind: bytes, data: bytes) -> None:
        long_form = data[:1] == b"\x01"
        if kind == b"mvhd":
            self.timescale, self.duration = struct.unpack_from(
                ">IQ" if long_form else ">II", data, 20 if long_form else 12
            )
        elif kind == b"mehd":
            # The length of a file in fragments, which the movie header does not know.
            (length,) = struct.unpack_from(">Q" if long_form else ">I", data, 4)
            self.duration = max(self.duration, length)
        elif not self.tracks:
            return
        elif kind == b"tkhd":
            width, height = struct.unpack_from(">II", data, 88 if long_form else 76)
            self.tracks[-1].width, self.tracks[-1].height = width >> 16, height >> 16
        elif kind == b"hdlr":
            self.tracks[-1].is_video |= data[8:12] == b"vide"
        else:
            self.tracks[-1].codec = data[12:16]


def read_mp4(path: Path) -> Facts:
    """Length and size of a video. Raises RefusedFileError for what X would not take."""
    size = os.path.getsize(path)
    with path.open("rb") as file:
        reader = _Reader(file)
        try:
            _check_brand(reader, size)
            reader.walk(0, size)
        except (struct.error, RecursionError):
            raise _damaged("its headers are too short") from None
    if not reader.has_moov or not reader.timescale:
        raise _damaged("the box that describes the video (moov) is missing")
    if not reader.has_data:
        raise _damaged("there are no pictures in it")
    video = next((track for track in reader.tracks if track.is_video), None)
    if video is None:
        raise RefusedFileError("no_video", "There is no video track in the file.")
    if video.codec and video.codec not in _H264:
        raise RefusedFileError(
            "unsupported_codec",
            f"The video is coded as {_shown(video.codec)}; X takes H.264. Convert it.",
        )
    seconds = reader.duration / reader.timescale
    _check_limits(seconds, video.width, video.height)
    return Facts(video.width, video.height, round(seconds, 3))


def _check_brand(reader: _Reader, size: int) -> None:
    first = next(reader.boxes(0, size))
    brands = reader.fields(first)
    major = brands[:4]
    known = {brands[at : at + 4] for at in (0, *range(8, len(brands), 4))} & _BRANDS
    if first.kind != b"ftyp" or not known or major in (b"qt  ", b"heic", b"avif", b"mif1"):
        raise RefusedFileError(
            "unsupported_type",
            f"The file is of the type {_shown(major)}, not MP4. Convert it to an MP4 file.",
        )


def _check_limits(seconds: float, width: int, height: int) -> None:
    if not MIN_VIDEO_SECONDS <= seconds <= MAX_VIDEO_SECONDS:
        raise RefusedFileError(
            "bad_duration",
            f"The video is {seconds:.1f} s long; X takes {MIN_VIDEO_SECONDS} to "
            f"{MAX_VIDEO_SECONDS:.0f} s. Cut it.",
        )
    short, long = sorted((width, height))
    if short < MIN_VIDEO_SIDE or long > MAX_VIDEO_SIDE or short > MAX_VIDEO_SHORT_SIDE:
        raise RefusedFileError(
            "bad_dimensions",
            f"The video has {width}x{height} pixels; X takes {MIN_VIDEO_SIDE}x{MIN_VIDEO_SIDE} to "
            f"{MAX_VIDEO_SIDE}x{MAX_VIDEO_SHORT_SIDE}. Scale it.",
        )
    if long > MAX_VIDEO_RATIO * short:
        raise RefusedFileError(
            "bad_ratio",
            f"The video has {width}x{height} pixels; X takes sides from 1:3 to 3:1. Crop it.",
        )


def _shown(kind: bytes) -> str:
    return kind.decode("ascii", "replace").strip() or "unknown"


def _damaged(what: str) -> RefusedFileError:
    return RefusedFileError(
        "damaged",
        f"The file is cut off or damaged: {what}. Export the video again, then upload that.",
    )
