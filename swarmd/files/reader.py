"""Reading what comes from outside: whole, regular and bounded, or a bad file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from typing import TypeVar

_PIECE = 1 << 20  # bytes of one read
_LONGEST_REASON = 500  # characters; a parser may quote the file

T = TypeVar("T")

# What tells one version of a file from another; a str is the reason why there is none.
Look = tuple[int, int, int] | str


class BadFileError(ValueError):
    """A file that cannot be used.

    The text says what is wrong, in one line, and not with which file: its reader knows.

    Attributes:
        missing: There is no such file.
    """

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


def load(path: str, most: int, parse: Callable[[bytes], T]) -> T:
    """What ``parse`` makes of a file of ``most`` bytes at most.

    Raises:
        BadFileError: Whatever goes wrong, in reading or in ``parse``.
    """
    return parsed(read(path, most)[0], parse)


def parsed(data: bytes, parse: Callable[[bytes], T]) -> T:
    """As ``load``, of what was read already."""
    try:
        return parse(data)
    except BadFileError:
        raise
    except RecursionError:
        raise BadFileError("it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise BadFileError(f"it is no text in UTF-8, at byte {error.start}") from None
    except ValueError as error:
        raise BadFileError(_line(str(error))) from None
    except Exception as error:  # noqa: BLE001 - a parser must not end who follows the file
        raise BadFileError(_line(f"{type(error).__name__}: {error}")) from None


def read(path: str, most: int) -> tuple[bytes, os.stat_result]:
    """All bytes, and what the file was when they were read; errors as of ``load``."""
    try:
        _check_regular(os.stat(path))  # opening a device may already do something
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            before = os.fstat(descriptor)
            _check_regular(before)
            data = _all(descriptor, most)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise BadFileError(error.strerror or str(error), missing=missing) from None
    except ValueError as error:  # a path with a NUL
        raise BadFileError(_line(str(error))) from None
    if _identity(before) != _identity(after):
        raise BadFileError("it changed while it was read")
    return data, before


def look_at(paths: Sequence[str]) -> tuple[Look, ...]:
    """Changes whenever one of these files does."""
    return tuple(_look(path) for path in paths)


def _look(path: str) -> Look:
    try:
        return _identity(os.stat(path))
    except (OSError, ValueError) as error:
        return str(error)


def _identity(status: os.stat_result) -> Look:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise BadFileError(os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise BadFileError("it is no regular file")


def _all(descriptor: int, most: int) -> bytes:
    data = bytearray()
    while piece := os.read(descriptor, min(_PIECE, most + 1 - len(data))):
        data += piece
        if len(data) > most:
            raise BadFileError(f"it is larger than {_size(most)}")
    return bytes(data)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count} bytes"


def _line(text: str) -> str:
    """One line of it, of a length that can be shown."""
    plain = " ".join(text[: 2 * _LONGEST_REASON].split())
    return plain if len(plain) <= _LONGEST_REASON else f"{plain[: _LONGEST_REASON - 1]}…"
