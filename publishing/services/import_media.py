"""Which file of the library a row of an import means."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from publishing.models import MediaAsset

_ID = re.compile(r"[0-9]{1,18}")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_LOOKUP = 500


class UnresolvedError(Exception):
    """The reference names no file, or several."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class MediaFinder:
    """Resolves ids, beginnings of a SHA-256 (8 digits or more) and file names, read in bulk."""

    def __init__(self, refs: Iterable[str]) -> None:
        wanted = sorted(set(refs))
        self._by_id: dict[str, MediaAsset] = {}
        self._by_name: dict[str, list[MediaAsset]] = defaultdict(list)
        self._by_hash: dict[str, list[MediaAsset]] = {}
        for start in range(0, len(wanted), _LOOKUP):
            self._read(wanted[start : start + _LOOKUP])

    def _read(self, refs: list[str]) -> None:
        ids = [int(ref) for ref in refs if _ID.fullmatch(ref)]
        for asset in MediaAsset.objects.filter(pk__in=ids):
            self._by_id[str(asset.pk)] = asset
        for asset in MediaAsset.objects.filter(original_name__in=refs).order_by("pk"):
            self._by_name[asset.original_name].append(asset)
        for ref in refs:
            if _HASH.fullmatch(ref.lower()):
                self._by_hash[ref] = list(
                    MediaAsset.objects.filter(sha256__startswith=ref.lower()).order_by("pk")[:5]
                )

    def find(self, ref: str) -> MediaAsset:
        """The file meant; an id goes before a name. Raises UnresolvedError."""
        if _ID.fullmatch(ref) and str(int(ref)) in self._by_id:
            return self._by_id[str(int(ref))]
        found: dict[int, MediaAsset] = {
            asset.pk: asset for asset in [*self._by_name.get(ref, ()), *self._by_hash.get(ref, ())]
        }
        if not found:
            raise UnresolvedError(
                "media_missing",
                f"“{ref[:80]}” is not in the media library. Add the file there, then import again.",
            )
        if len(found) > 1:
            ids = ", ".join(str(pk) for pk in sorted(found))
            raise UnresolvedError(
                "media_ambiguous",
                f"“{ref[:80]}” may be any of the files {ids}. Write the id of the one you mean.",
            )
        return next(iter(found.values()))
