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

from swarmd.codec.tar_scan import BadTar, TarScan
from swarmd.core.image.image_reference import familiar_if_valid

LARGEST_KEPT = 4 << 20  # bytes of one document
MOST_KEPT = 16 << 20  # bytes of all documents
MOST_NAMES = 100_000
DEEPEST = 2  # lists in lists

_ELSEWHERE = ("foreign", "nondistributable")  # in the type of layers that no archive has

Json = Mapping[str, Any]


class BadArchive(BadTar):
    """No image archive, or one that lacks something, or has what was not asked for."""


class ArchiveCheck:
    """A check of an image archive on its way.

    It is fed the archive in pieces; those are fit to be passed on when ``feed`` returns.

    Args:
        name: The one name that an image in it may have, as engines list it; "" for none.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._names: set[str] = set()
        self._documents: dict[str, bytes] = {}
        self._room = MOST_KEPT
        self._lacking: dict[str, str] = {}  # path of a manifest -> what is not there
        self._scan = TarScan(self._wanted, self._found, self._judge)

    def feed(self, data: bytes) -> None:
        """Raises BadTar; at the latest before the archive's end would be passed on."""
        self._scan.feed(data)

    def end(self) -> None:
        """No more comes; BadArchive if the archive's own end did not."""
        if not self._scan.whole:
            raise BadArchive("it ends in the middle")

    def _wanted(self, name: str, size: int) -> bool:
        self._names.add(name)
        if len(self._names) > MOST_NAMES:
            raise BadArchive("it has too many entries")
        return size <= LARGEST_KEPT

    def _found(self, name: str, content: bytes) -> None:
        """Only what can be JSON is kept: layers are not, however small they are."""
        if content[:1] not in (b"{", b"["):
            self._documents.pop(name, None)
            return
        self._room -= len(content)
        if self._room < 0:
            raise BadArchive("its documents are too large")
        self._documents[name] = content

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
