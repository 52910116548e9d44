"""A command on a terminal of its own, for what behaves differently there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

from tests.lab.waiting import PATIENCE


class Terminal:
    """Everything that the command printed is in ``out``."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], rows: int, columns: int
    ) -> None:
        self._mine, theirs = pty.openpty()
        self._size(rows, columns)
        self.out = ""
        # setsid -c makes the terminal the controlling one, so that resizing it sends SIGWINCH. What
        # a shell has started in the background, as tests may be, passes on that ^C means nothing.
        words = ("env", "--default-signal=INT", "setsid", "-c", "-w", *command)
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)

    def _size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._mine, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        self._size(rows, columns)

    def type(self, text: str) -> None:
        os.write(self._mine, text.encode())

    def expect(self, text: str, within: float = PATIENCE) -> None:
        """Reads until ``text`` comes; what is before and with it is dropped from ``out``."""
        if not self.saw(text, within):
            raise AssertionError(f"no {text!r} in {self.out!r}")
        self.out = self.out.split(text, 1)[1]

    def saw(self, text: str, within: float) -> bool:
        deadline = time.monotonic() + within
        while text not in self.out:
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                return False
        return True

    def _read(self, within: float) -> bool:
        ready, _, _ = select.select([self._mine], [], [], within)
        try:
            data = os.read(self._mine, 65536) if ready else b""
        except OSError:  # how Linux says that the other side is closed
            return False
        self.out += data.decode(errors="replace")
        return bool(data)

    def wait(self, within: float = PATIENCE) -> int:
        """Reads on until the command ends; its exit status."""
        deadline = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.05)
        return self.process.wait(1)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        os.close(self._mine)
