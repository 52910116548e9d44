"""The context of a build by the legacy builder, read as it passes to its engine.

That engine begins when it has all of it. So what the Dockerfile builds on, and only other engines
have, is brought meanwhile, and the end of the context waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from posixpath import normpath
from typing import Any

from twisted.internet.defer import Deferred

from swarmd.codec.tar_scan import BadTar, TarScan
from swarmd.codec.unpack import CannotUnpack, Unpacker
from swarmd.core.image.dockerfile import base_images

LARGEST = 256 << 10  # bytes of a Dockerfile that is read
DEFAULT = "Dockerfile"

_UNKNOWN = object()

Bring = Callable[[list[str]], Deferred[None]]


class BuildContext:
    """The context of a build on its way, read for its Dockerfile.

    Reads what it can: what is in no known form passes all the same.

    Args:
        dockerfile: Its path in the context.
        arguments: Those that the build is given.
        bring: Makes images available to the engine.
    """

    def __init__(self, dockerfile: str, arguments: Mapping[str, str], bring: Bring) -> None:
        path = normpath(dockerfile or DEFAULT).lstrip("/")
        self._paths = {path, DEFAULT.lower()} if path == DEFAULT else {path}
        self._arguments = arguments
        self._bring = bring
        self._scan: TarScan | None = TarScan(self._wanted, self._found)
        self._unpacker = Unpacker()
        self._outcome: Any = None  # of bringing images; there may be none
        self._waiting: Deferred[None] | None = None

    def feed(self, data: bytes) -> None:
        if self._scan is None:
            return
        try:
            self._read(data)
        except (BadTar, CannotUnpack):
            self._scan = None

    def ready(self) -> Deferred[None]:
        self._waiting = Deferred()
        if self._outcome is not _UNKNOWN:
            self._waiting.callback(self._outcome)
        return self._waiting

    def _read(self, data: bytes) -> None:
        for piece in self._unpacker.feed(data):
            if self._scan is None:
                return
            self._scan.feed(piece)

    def _wanted(self, name: str, size: int) -> bool:
        return name in self._paths and size <= LARGEST

    def _found(self, name: str, content: bytes) -> None:
        """Nothing after it matters."""
        self._scan = None
        images = base_images(content.decode("utf-8", "replace"), self._arguments)
        self._outcome = _UNKNOWN
        self._bring(images).addBoth(self._brought)

    def _brought(self, outcome: Any) -> None:
        """An error is for who waits for the context's end, if anybody does."""
        self._outcome = outcome
        if self._waiting is not None:
            self._waiting.callback(outcome)
