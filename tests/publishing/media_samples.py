"""Files made in memory: good ones, and hostile ones."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def image(kind: str, size: tuple[int, int] = (40, 30), colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def gif(frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    pictures = [
        Image.new("P", size, number % 256).convert("RGB").point(lambda v, n=number: (v + n) % 256)
        for number in range(frames)
    ]
    for number, picture in enumerate(pictures):  # equal neighbours would be merged
        picture.putpixel((number % size[0], number // size[0] % size[1]), (255, number % 256, 7))
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=20)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A few hundred bytes that unpack to width x height."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def mp4(
    seconds: float = 3.0,
    size: tuple[int, int] = (640, 360),
    *,
    brand: bytes = b"isom",
    codec: bytes = b"avc1",
    handler: bytes = b"vide",
) -> bytes:
    movie = struct.pack(">IIIII", 0, 0, 0, 1000, round(seconds * 1000)) + bytes(80)
    width, height = size
    track = bytes(76) + struct.pack(">II", width << 16, height << 16)
    sample = struct.pack(">II", 0, 1) + box(codec, bytes(78))
    return (
        box(b"ftyp", brand, bytes(4), brand)
        + box(
            b"moov",
            box(b"mvhd", movie),
            box(
                b"trak",
                box(b"tkhd", track),
                box(
                    b"mdia",
                    box(b"hdlr", bytes(8), handler, bytes(13)),
                    box(b"minf", box(b"stbl", box(b"stsd", sample))),
                ),
            ),
        )
        + box(b"mdat", bytes(64))
    )
