"""Bytes to text: which encoding a file is in, or why it is no text file."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from publishing.importing.records import line_breaks
from publishing.importing.types import RowError

# First bytes of files that people upload by mistake -> what to call them.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
# Text has next to none of these; compressed or executable data about one byte in ten.
_MAX_CONTROL_SHARE = 0.05

_SAVE_AS = "In the spreadsheet program, choose Save as and then CSV UTF-8."


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    encoding: str
    error: RowError | None = None
    note: RowError | None = None


def decode(data: bytes, *, max_bytes: int) -> Decoded:
    """Text of ``data``, with its encoding named as Python names it; never raises."""
    if len(data) > max_bytes:
        detail = (
            f"The file has {len(data):,} bytes, and at most {max_bytes:,} are read. "
            "Split it into several files."
        )
        return _failed("", 1, "file_too_large", detail)
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return _failed("", 1, "not_csv", f"The file is {what}, not CSV. {_SAVE_AS}")
    decoded = _decode_text(data)
    if decoded.error is not None:
        return decoded
    if not decoded.text.strip("\ufeff \t\r\n,;"):
        detail = "The file is empty. Its first line names the columns, then one row for each post."
        return _failed(decoded.encoding, 1, "empty_file", detail)
    if _mostly_control(decoded.text):
        return _binary(decoded.encoding)
    return decoded


def _mostly_control(text: str) -> bool:
    return len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text)


def _decode_text(data: bytes) -> Decoded:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding)
    fault: UnicodeDecodeError | None = None
    try:
        text = data.decode("utf-8")
        if not _mostly_control(text):
            return Decoded(text, "utf-8")
    except UnicodeDecodeError as caught:
        fault = caught
    # Cyrillic in UTF-16, say, is also valid UTF-8, though half of it would be control characters.
    wide = _wide_encoding(data)
    if wide:
        return _strictly(data, wide)
    return _not_utf8(data, fault) if fault else Decoded(text, "utf-8")


def _strictly(body: bytes, encoding: str) -> Decoded:
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        return Decoded(body.decode(codec), encoding)
    except UnicodeDecodeError as fault:
        line = line_breaks(body[: fault.start].decode(codec, errors="replace")) + 1
        detail = (
            f"The file begins as {codec.upper()} but breaks it in this line, so it is damaged or "
            f"cut off. {_SAVE_AS}"
        )
        return _failed(encoding, line, "bad_encoding", detail)


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: every NUL then stands on the same side of its pair."""
    if len(data) % 2 or b"\x00" not in data:
        return None
    at_even, at_odd = data[::2].count(0), data[1::2].count(0)
    # A few strays are allowed for characters such as U+0100, whose low byte is NUL.
    if at_odd > 20 * at_even:
        encoding = "utf-16-le"
    elif at_even > 20 * at_odd:
        encoding = "utf-16-be"
    else:
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    # In ASCII with a few NUL bytes the pairs read this way give no line ends or delimiters.
    return encoding if re.search("[\t,;\r\n]", text) else None


def _not_utf8(data: bytes, fault: UnicodeDecodeError) -> Decoded:
    line = _line_of(data, fault)
    high = sum(1 for byte in data if byte >= 0x80)
    in_sequences = sum(len(found) for found in _MULTIBYTE.findall(data))
    if in_sequences > high - in_sequences:
        detail = (
            "The file is UTF-8 except for a damaged character in this line. "
            f"Mend it, or save the file again. {_SAVE_AS}"
        )
        return _failed("utf-8", line, "bad_encoding", detail)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as cp1252_fault:
        if _mostly_control(data.decode("latin-1")):
            return _binary("")
        line = _line_of(data, cp1252_fault)
        detail = f"The file is neither UTF-8, UTF-16 nor Windows-1252. {_SAVE_AS}"
        return _failed("", line, "bad_encoding", detail)
    note = RowError(
        line,
        "",
        "encoding_guessed",
        "The file is not UTF-8 and was read as Windows-1252 (cp1252). If accents or quotation "
        f"marks look wrong, {_SAVE_AS[0].lower()}{_SAVE_AS[1:]}",
    )
    return Decoded(text, "cp1252", note=note)


def _line_of(data: bytes, fault: UnicodeDecodeError) -> int:
    return line_breaks(data[: fault.start].decode("latin-1")) + 1


def _binary(encoding: str) -> Decoded:
    return _failed(encoding, 1, "not_csv", f"The file is binary data, not text. {_SAVE_AS}")


def _failed(encoding: str, line: int, code: str, detail: str) -> Decoded:
    return Decoded("", encoding, error=RowError(line, "", code, detail))
