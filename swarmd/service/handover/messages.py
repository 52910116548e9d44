"""The messages between two processes that hand over: JSON behind its length. Pure.

The caller (the new process) says ``hello`` with the protocols that it speaks. Later versions may
add kinds and fields; who does not know one passes it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

import orjson

PROTOCOL = 1
LARGEST = 1 << 30  # bytes; the operators' state is in one
_LENGTH = Struct(">I")


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        descriptors: How many open files come with it.
    """

    kind: str
    about: Mapping[str, Any] = field(default_factory=dict)
    descriptors: int = 0


class BadMessage(ValueError):
    """What came is no message: another program, or one of another time."""


def encoded(message: Message) -> bytes:
    document = {"kind": message.kind, "about": message.about, "descriptors": message.descriptors}
    body = orjson.dumps(document)
    return _LENGTH.pack(len(body)) + body


class MessageReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[Message]:
        """Raises BadMessage."""
        self._data += data
        found = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> Message | None:
        if len(self._data) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._data)
        if length > LARGEST:
            raise BadMessage(f"a message of {length} bytes")
        end = _LENGTH.size + length
        if len(self._data) < end:
            return None
        body, self._data = self._data[_LENGTH.size : end], self._data[end:]
        return _decoded(body)


def _decoded(body: bytes) -> Message:
    try:
        document = orjson.loads(body)
        kind, about = document["kind"], document["about"]
        descriptors = document["descriptors"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadMessage(f"not understood: {error}") from None
    if not (isinstance(kind, str) and isinstance(about, dict) and isinstance(descriptors, int)):
        raise BadMessage("not understood: its fields are of other kinds")
    return Message(kind, about, descriptors)


def common_protocol(theirs: object) -> int | None:
    """The newest protocol that both speak; ``theirs`` is what a ``hello`` says."""
    spoken = theirs if isinstance(theirs, list) else []
    return PROTOCOL if PROTOCOL in spoken else None
