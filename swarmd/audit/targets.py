"""Targets of the audit log. Their calls may block; only the writer's thread makes them."""

from __future__ import annotations

import os
import socket
from typing import Protocol

import orjson

JOURNAL = "/run/systemd/journal/socket"


class Target(Protocol):
    """Where audit lines go."""

    def write(self, line: bytes) -> None:
        """One whole line; OSError if it cannot be kept."""

    def reopen(self) -> None:
        """The place may have moved."""

    def close(self) -> None: ...


def target(place: str) -> Target:
    """``-``, ``journald`` or a path; OSError if it cannot be opened."""
    if place == "-":
        return Output(1)
    return Journal() if place == "journald" else File(place)


class Output:
    """A descriptor that is open already."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._torn = False

    def write(self, line: bytes) -> None:
        data = b"\n" + line if self._torn else line
        while data:
            # What a full disk took of a line must not run into the next one.
            written = os.write(self._descriptor, data)
            data = data[written:]
            self._torn = bool(data)

    def reopen(self) -> None:
        """It is somebody else's."""

    def close(self) -> None:
        """It is somebody else's."""


class File(Output):
    """A file as target.

    It is only ever appended to, so that it may be cut short (copytruncate); and opened again
    when it was renamed or removed, so that it may be rotated without a word to us.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        super().__init__(_open(path))

    def write(self, line: bytes) -> None:
        if self._moved():
            self.reopen()
        super().write(line)

    def _moved(self) -> bool:
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        mine = os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def reopen(self) -> None:
        new = _open(self._path)
        os.close(self._descriptor)
        self._descriptor, self._torn = new, False

    def close(self) -> None:
        os.close(self._descriptor)


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Journal:
    """systemd's journal: the line is the message, and each of its values a field as well."""

    def __init__(self, path: str = JOURNAL) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(5.0)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def write(self, line: bytes) -> None:
        fields = [b"MESSAGE=" + line.rstrip(), b"SYSLOG_IDENTIFIER=swarmd-audit", b"PRIORITY=6"]
        for name, value in orjson.loads(line).items():
            # Values are JSON, so no line end can begin a field of its own.
            text = orjson.dumps(value).strip(b'"')
            fields.append(b"SWARMD_%b=%b" % (name.upper().encode(), text))
        datagram = b"\n".join(fields) + b"\n"
        try:
            self._socket.send(datagram)
        except (ConnectionRefusedError, ConnectionResetError):
            self._socket.connect(self._path)  # it was restarted
            self._socket.send(datagram)

    def reopen(self) -> None:
        """It has no file."""

    def close(self) -> None:
        self._socket.close()
