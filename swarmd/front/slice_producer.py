"""Large answers, written with back-pressure: at the client's pace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer

SLICE = 256 * 1024


def in_slices(pieces: Iterable[bytes], size: int = SLICE) -> Iterator[bytes]:
    """Joins of neighbouring pieces, each at least ``size`` bytes but for the last."""
    waiting: list[bytes] = []
    held = 0
    for piece in pieces:
        waiting.append(piece)
        held += len(piece)
        if held >= size:
            yield b"".join(waiting)
            waiting, held = [], 0
    if waiting:
        yield b"".join(waiting)


def beginning(pieces: Iterator[bytes], size: int = SLICE) -> tuple[list[bytes], bool]:
    """The first pieces, somewhat more than ``size`` bytes, and whether they are all there is."""
    taken: list[bytes] = []
    held = 0
    for piece in pieces:
        taken.append(piece)
        held += len(piece)
        if held > size:
            return taken, False
    return taken, True


@implementer(IPullProducer)
class SliceProducer:
    """A producer of one slice whenever the transport has room; never joins a whole answer."""

    def __init__(
        self, pieces: Iterable[bytes], write: Callable[[bytes], None], done: Callable[[], None]
    ) -> None:
        self._slices = in_slices(pieces)
        self._write = write
        self._done = done

    def resumeProducing(self) -> None:
        piece = next(self._slices, None)
        if piece is None:
            self._done()
        else:
            self._write(piece)

    def stopProducing(self) -> None:
        self._slices = iter(())
