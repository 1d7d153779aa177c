"""Reading a picture through, with limits, before it is believed."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

from publishing.media.kinds import (
    GIF,
    JPEG,
    MAX_GIF_FRAMES,
    MAX_GIF_HEIGHT,
    MAX_GIF_WIDTH,
    MAX_PIXELS,
    PNG,
    WEBP,
    Facts,
    Kind,
    RefusedFileError,
)

_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", GIF: "GIF"}


def read_image(path: Path, kind: Kind) -> Facts:
    """Decode every pixel of a picture. Raises RefusedFileError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _read(path, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except RefusedFileError:
        raise
    except MemoryError:
        raise _too_many_pixels() from None
    except Exception as error:  # damaged files make Pillow raise almost anything
        raise RefusedFileError(
            "damaged",
            f"The file is cut off or damaged: it can't be read as {kind.mime_type} to its end. "
            "Save it again in a picture program, then upload that.",
        ) from error


def _read(path: Path, kind: Kind) -> Facts:
    formats = [_FORMATS[kind]]
    if kind is PNG:
        with Image.open(path, formats=formats) as image:
            _check_size(image, kind)
            image.verify()  # checksums, which loading does not look at; the file must be reopened
    with Image.open(path, formats=formats) as image:
        _check_size(image, kind)
        if kind is GIF:
            _read_frames(image)
        else:
            image.load()
        return Facts(image.width, image.height)


def _check_size(image: Image.Image, kind: Kind) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    if kind is GIF and (image.width > MAX_GIF_WIDTH or image.height > MAX_GIF_HEIGHT):
        raise RefusedFileError(
            "too_large_dimensions",
            f"The GIF has {image.width}x{image.height} pixels; X takes up to "
            f"{MAX_GIF_WIDTH}x{MAX_GIF_HEIGHT}. Make it smaller.",
        )


def _read_frames(image: Image.Image) -> None:
    for number in range(MAX_GIF_FRAMES + 1):
        try:
            image.seek(number)
        except EOFError:
            if number == 0:
                raise
            return
        image.load()
    raise RefusedFileError(
        "too_many_frames",
        f"The GIF has more than the {MAX_GIF_FRAMES} frames that X takes. Shorten it, or make it "
        "an MP4.",
    )


def _too_many_pixels() -> RefusedFileError:
    return RefusedFileError(
        "too_many_pixels",
        f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller.",
    )
