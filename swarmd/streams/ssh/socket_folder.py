"""Folders for the sockets that ssh makes; what a killed process left of its own is removed.

Whoever uses one holds a lock on it, which ends with its last process, whatever ends that: a number
of a process would be another's one day, or in another container.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress

PREFIX = "swarmd-fwd-"
SOCKET = "engine"


class SocketFolder:
    """A folder that only we may look into, and that is ours until ``remove``.

    Raises:
        OSError: None can be made.
    """

    def __init__(self) -> None:
        while True:
            self.path = tempfile.mkdtemp(prefix=PREFIX)
            self._lock = _locked(self.path)
            if self._lock is not None:
                return  # else another process has just removed it as left over

    @property
    def socket(self) -> str:
        return f"{self.path}/{SOCKET}"

    def remove(self) -> None:
        if self._lock is not None:
            _remove(self.path)
            os.close(self._lock)
            self._lock = None


def remove_left_over() -> None:
    """Those of this user that no process has any more."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and _is_ours(entry):
                _remove_unused(entry.path)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False) and (
            entry.stat(follow_symlinks=False).st_uid == os.getuid()
        )
    return False


def _remove_unused(path: str) -> None:
    lock = _locked(path)
    if lock is not None:
        _remove(path)
        os.close(lock)


def _locked(path: str) -> int | None:
    """A descriptor that holds the lock; None if somebody else does, or the folder is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False)):
            return descriptor
    os.close(descriptor)
    return None


def _remove(path: str) -> None:
    """Of what is in it only what is ssh's, whoever else has put something there."""
    with suppress(OSError):
        os.unlink(f"{path}/{SOCKET}")
    with suppress(OSError):
        os.rmdir(path)
