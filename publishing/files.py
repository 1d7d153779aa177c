"""Files that are whole or not there: written aside, flushed to disk, then renamed into place."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 256 * 1024
LEFT_BEHIND_SECONDS = 3600.0  # an upload takes less; what is older belongs to nobody
_SUFFIX = ".part"


class Readable(Protocol):
    """An open file or an upload."""

    def read(self, size: int, /) -> bytes: ...


class TooLargeError(Exception):
    """More bytes came than were allowed; nothing was kept."""


@dataclass(frozen=True)
class StoredFile:
    """A file that lies on disk under a random name, not in its place yet."""

    path: Path
    size: int
    sha256: str

    def place(self, name: str) -> Path:
        """Rename it into its folder; after that a power failure does not lose it."""
        final = self.path.with_name(name)
        self.path.rename(final)
        _flush_folder(final.parent)
        return final

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def chunks_of(file: Readable) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def write_aside(folder: Path, chunks: Iterable[bytes], *, max_bytes: int) -> StoredFile:
    """Stream to a new file of mode 0600, hashed on the way. Raises TooLargeError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{random_name()}{_SUFFIX}"
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise TooLargeError
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StoredFile(path, size, digest.hexdigest())


def random_name() -> str:
    return secrets.token_hex(16)


def shown_name(name: str) -> str:
    """The last part of a path that somebody sent, safe to show: 200 characters, no controls."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return kept.strip()[:200]


def sweep(folder: Path, known: Callable[[list[str]], set[str]]) -> int:
    """Delete what a process that ended in the middle left here; how many files it was.

    `known` says which of these names a row of the database still speaks of.
    """
    if not folder.is_dir():
        return 0
    before = time.time() - LEFT_BEHIND_SECONDS
    old = [
        entry.name
        for entry in os.scandir(folder)
        if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before
    ]
    kept: set[str] = set()
    for start in range(0, len(old), 500):
        kept |= known(old[start : start + 500])
    orphans = [name for name in old if name not in kept]
    for name in orphans:
        (folder / name).unlink(missing_ok=True)
    return len(orphans)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
