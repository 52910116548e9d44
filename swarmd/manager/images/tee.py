"""A tee: one body, given to several engines with back-pressure by the slowest."""

from __future__ import annotations

from collections.abc import Callable

from swarmd.codec.framing import chunk
from swarmd.core.errors import ApiError
from swarmd.streams.link import Answer
from swarmd.streams.upload import Upload


class Tee:
    """A tee of one body to several engines, at the pace of the slowest.

    Takes a body in pieces; engines that have answered get no more of it.

    Attributes:
        error: Why the body could not be read to its end; None if it could.
    """

    def __init__(self, hold: Callable[[bool], None]) -> None:
        """``hold`` is told whether the source has to wait."""
        self.error: ApiError | None = None
        self._hold = hold
        self._held = False
        self._complete = False
        self._uploads: list[Upload] = []

    async def join(self, upload: Upload) -> Answer:
        """Gives ``upload`` the body from here on; its answer. It must join before the first piece.

        Raises:
            EngineUnreachable: As the upload itself.
        """
        self._uploads.append(upload)
        if self._complete:
            upload.end()
        self.balance()
        try:
            return await upload.answer
        finally:
            self._uploads.remove(upload)
            self.balance()

    def balance(self) -> None:
        """Holds the source while an engine is full."""
        held = any(upload.full for upload in self._uploads)
        if held is not self._held:
            self._held = held
            self._hold(held)

    # The source.

    def received(self, data: bytes) -> None:
        framed = chunk(data)
        for upload in self._uploads:
            upload.write(framed)
        self.balance()

    def ended(self) -> None:
        self._complete = True
        for upload in self._uploads:
            upload.end()

    def failed(self, error: ApiError) -> None:
        """Half an archive must not look whole."""
        self.error = error
        for upload in list(self._uploads):
            upload.refuse(error.message)
