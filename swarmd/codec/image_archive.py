"""Looks through an image archive as it passes: whether all is in it that its manifests name.

An engine may save an image of which it has lost parts, and say that it went well; and one that
loads that is spoilt, for it then believes to have them. So the end of an archive is only passed on
once what came before is known to be whole. Both forms are understood: that of ``docker save`` since
1.10 (``manifest.json``) and OCI layouts (``index.json``), which newer engines write together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from swarmd.core.image_reference import familiar_if_valid

BLOCK = 512
LARGEST_KEPT = 4 << 20  # bytes of one document
MOST_KEPT = 16 << 20  # bytes of all documents
MOST_NAMES = 100_000
DEEPEST = 2  # lists in lists

_EMPTY = bytes(BLOCK)
_LONG_NAME, _PAX = b"L", b"x"
_ELSEWHERE = ("foreign", "nondistributable")  # in the type of layers that no archive has

Json = Mapping[str, Any]


class BadArchive(ValueError):
    """It is no image archive, or lacks something, or has what was not asked for."""


class ArchiveCheck:
    """Is fed an archive in pieces; those are fit to be passed on when ``feed`` returns.

    Attributes:
        whole: All of it has come.

    Args:
        name: The one name that an image in it may have, as engines list it; "" for none.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._names: set[str] = set()
        self._documents: dict[str, bytearray] = {}
        self._room = MOST_KEPT
        self._header = bytearray()
        self._skip = 0  # bytes of content and padding that are still to come
        self._left = 0  # those of content
        self._kept: bytearray | None = None
        self._told: dict[bytes, bytes] = {}  # of the next entry, in one before it
        self._telling = b""
        self._lacking: dict[str, str] = {}  # path of a manifest -> what is not there
        self.whole = False

    def feed(self, data: bytes) -> None:
        """Raises BadArchive; at the latest before the archive's end would be passed on."""
        view, at = memoryview(data), 0
        while at < len(data) and not self.whole:
            if self._skip:
                at += self._content(view[at : at + self._skip])
                continue
            taken = view[at : at + BLOCK - len(self._header)]
            self._header += taken
            at += len(taken)
            if len(self._header) == BLOCK:
                header = bytes(self._header)
                self._header.clear()
                self._entry(header)
        if self.whole and bytes(view[at:]).strip(b"\0"):
            raise BadArchive("it goes on after its end")

    def end(self) -> None:
        """No more comes; BadArchive if the archive's own end did not."""
        if not self.whole:
            raise BadArchive("it ends in the middle")

    # Entries

    def _entry(self, header: bytes) -> None:
        if header == _EMPTY:
            self._judge()
            self.whole = True
            return
        size, kind = _number(header[124:136]), header[156:157]
        self._telling = kind if kind in (_LONG_NAME, _PAX) else b""
        if self._telling:
            self._keep(bytearray(), size)
        else:
            size = _decimal(self._told.get(b"size"), size)
            name = _until_zero(self._told.get(b"path", b"")) or _path(header)
            name = name.removeprefix("./").rstrip("/")
            self._told.clear()
            self._names.add(name)
            if len(self._names) > MOST_NAMES:
                raise BadArchive("it has too many entries")
            self._documents[name] = document = bytearray()
            self._keep(document, size)
        self._left, self._skip = size, -(-size // BLOCK) * BLOCK
        if not size:
            self._finish()

    def _keep(self, place: bytearray, size: int) -> None:
        self._kept = place if size <= LARGEST_KEPT else None

    def _content(self, piece: memoryview) -> int:
        content = piece[: self._left]
        if self._kept is not None:
            self._collect(content)
        self._left -= len(content)
        self._skip -= len(piece)
        if not self._skip:
            self._finish()
        return len(piece)

    def _collect(self, content: memoryview) -> None:
        """Only what can be JSON is kept: layers are not, however small they are."""
        assert self._kept is not None
        if not self._kept and not self._telling and bytes(content[:1]) not in (b"{", b"["):
            self._kept = None
            return
        self._room -= len(content)
        if self._room < 0:
            raise BadArchive("its documents are too large")
        self._kept += content

    def _finish(self) -> None:
        if self._telling and self._kept is not None:
            told = bytes(self._kept)
            self._room += len(told)
            more = {b"path": told} if self._telling == _LONG_NAME else _pax(told)
            self._told.update(more)
        self._kept = None

    # What is in it

    def _judge(self) -> None:
        listed, index = self._document("manifest.json"), self._document("index.json")
        if not isinstance(listed, list) and not isinstance(index, dict):
            raise BadArchive("it has no manifest")
        for image in listed if isinstance(listed, list) else ():
            self._judge_listed(image)
        manifests = _items(index, "manifests")
        for descriptor in manifests:
            self._judge_name(descriptor)
            self._check(self._lacks(descriptor))
        if not listed and not manifests:
            raise BadArchive("it has no image")

    def _judge_listed(self, image: Any) -> None:
        if not isinstance(image, dict):
            raise BadArchive("its manifest is none")
        for name in _list(image, "RepoTags"):
            self._allow(str(name))
        parts = [image.get("Config"), *_list(image, "Layers")]
        self._check(next((str(part) for part in parts if part not in self._names), ""))

    def _judge_name(self, descriptor: Json) -> None:
        notes = descriptor.get("annotations")
        name = notes.get("io.containerd.image.name") if isinstance(notes, dict) else None
        if name:
            self._allow(str(name))

    def _allow(self, name: str) -> None:
        if familiar_if_valid(name) != self._name:
            raise BadArchive(f"it also has {name}")

    def _check(self, lacking: str) -> None:
        if lacking:
            raise BadArchive(f"it lacks {lacking}")

    def _lacks(self, descriptor: Json, depth: int = 0) -> str:
        """The first thing that is not there; of several platforms one is enough."""
        path = _blob(descriptor)
        if path not in self._lacking:
            self._lacking[path] = path  # which it stays for one that contains itself
            found = self._document(path)
            if isinstance(found, dict) and depth <= DEEPEST:
                self._lacking[path] = self._first_lacking(found, path, depth + 1)
        return self._lacking[path]

    def _first_lacking(self, manifest: Json, path: str, depth: int) -> str:
        if "manifests" in manifest:
            platforms = [one for one in _items(manifest, "manifests") if _runs(one)]
            wants = [self._lacks(one, depth) for one in platforms]
            return next((want for want in wants if not want), wants[0] if wants else path)
        config = manifest.get("config")
        parts = [config if isinstance(config, dict) else {}, *_items(manifest, "layers")]
        needed = (_blob(one) for one in parts if not _is_elsewhere(one))
        return next((blob for blob in needed if blob not in self._names), "")

    def _document(self, name: str) -> Any:
        try:
            return orjson.loads(self._documents.get(name) or b"null")
        except orjson.JSONDecodeError:
            return None


def _list(document: Any, key: str) -> list[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def _items(document: Any, key: str) -> list[Json]:
    return [one for one in _list(document, key) if isinstance(one, dict)]


def _blob(descriptor: Json) -> str:
    return "blobs/" + str(descriptor.get("digest") or "").replace(":", "/")


def _runs(descriptor: Json) -> bool:
    """Not what only tells of another, like an attestation."""
    platform = descriptor.get("platform")
    return not (isinstance(platform, dict) and platform.get("architecture") == "unknown")


def _is_elsewhere(descriptor: Json) -> bool:
    kind = str(descriptor.get("mediaType") or "")
    return any(word in kind for word in _ELSEWHERE)


# Tar


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # of more than 8 GB
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.rstrip(b"\0 ").strip() or b"0", 8)
    except ValueError:
        raise BadArchive("it is no tar archive") from None


def _decimal(text: bytes | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 20 else otherwise


def _path(header: bytes) -> str:
    prefix = _until_zero(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = _until_zero(header[:100])
    return f"{prefix}/{name}" if prefix else name


def _until_zero(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("utf-8", "replace")


def _pax(content: bytes) -> dict[bytes, bytes]:
    """Of ``LENGTH KEY=VALUE`` lines."""
    found = (line.partition(b" ")[2].partition(b"=") for line in content.split(b"\n"))
    return {key: value for key, _, value in found}
