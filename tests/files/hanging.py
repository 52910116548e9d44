"""A file system that never answers, as a dead NFS server's: FUSE without anybody behind it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH = 2


@contextmanager
def hanging_mount(folder: Path) -> Iterator[None]:
    """Whoever looks at what is in ``folder`` waits until the end, and gets an error then.

    Raises:
        OSError: There is no FUSE here, or we may not mount.
    """
    folder.mkdir()
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    try:
        options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        place = os.fsencode(folder)
        if _LIBC.mount(b"swarmd-test", place, b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            yield
        finally:
            _LIBC.umount2(place, _MNT_DETACH)
    finally:
        os.close(device)
