"""A connection as a thread pumps it: clear text on one side, a socket on the other."""

from __future__ import annotations

import socket

from OpenSSL.SSL import Connection, Error, WantReadError, ZeroReturnError

# Bytes of one read. With half of it a gigabyte took a tenth more CPU; with twice as much a third,
# for it no longer fits into the processor's cache.
READ = 128 << 10
RECORD = 16384  # no TLS record holds more
_OVERHEAD = 256  # bytes around one in the worst case
_CONTROL = 4096  # bytes of what TLS itself has to answer: new keys, an alert


class Ended(Exception):
    """The plain middle of the stream is over; what came instead is for the reactor."""


class LentSocket:
    """A plain connection.

    Attributes:
        unsent: What was written to it, and the socket did not take yet.
        refused: Clear text that could not be written.
        events: What the thread's epoll is asked to tell of it.
        over: Nothing can be read behind what was read last; no event will tell so.
        read_error, write_error: Why it can be read or written no more.
    """

    __slots__ = ("events", "over", "read_error", "refused", "socket", "unsent", "write_error")

    def __init__(self, handle: socket.socket, unsent: bytes) -> None:
        self.socket = handle
        self.unsent = memoryview(unsent)
        self.refused = b""
        self.events = 0
        self.over = False
        self.read_error: Exception | None = None
        self.write_error: Exception | None = None

    def read(self) -> bytes:
        """What came, or nothing yet of a record that has begun.

        Raises:
            BlockingIOError: Nothing came.
            Ended: It can be read no further here.
        """
        try:
            data = self.socket.recv(READ)
        except BlockingIOError:
            raise
        except OSError as error:
            self.read_error = error
            raise Ended from error
        if not data:
            raise Ended
        return data

    def write(self, data: bytes) -> None:
        """Only when nothing is unsent.

        Raises:
            Ended: It can be written no more here.
        """
        self.unsent = memoryview(data)
        self.flush()

    def flush(self) -> bool:
        """Whether all is out."""
        if self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except BlockingIOError:
                return False
            except OSError as error:
                self.write_error = error
                raise Ended from error
            self.unsent = self.unsent[sent:]
        return not self.unsent


class LentTls(LentSocket):
    """A connection with TLS, whose handshake is done."""

    __slots__ = ("_tls",)

    def __init__(self, handle: socket.socket, unsent: bytes, tls: Connection) -> None:
        super().__init__(handle, unsent)
        self._tls = tls

    def read(self) -> bytes:
        self._tls.bio_write(super().read())
        clear = self._decipher()
        self._answer()
        return clear

    def _decipher(self) -> bytes:
        """The clear text; the end or the error behind it is kept."""
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._tls.recv(RECORD))
        except WantReadError:
            pass
        except ZeroReturnError:
            self.over = True  # which the reactor is told again
        except Error as error:
            self.over, self.read_error = True, error
        return b"".join(parts)

    def _answer(self) -> None:
        """What TLS itself has to say now."""
        try:
            answer = self._tls.bio_read(_CONTROL)
        except WantReadError:
            return
        self.unsent = memoryview(bytes(self.unsent) + answer)
        self.flush()

    def write(self, data: bytes) -> None:
        view, sent = memoryview(data), 0
        try:
            while sent < len(data):
                sent += self._tls.send(view[sent:])
        except WantReadError as error:  # the engine negotiates anew, as TLS 1.2 could
            self.refused = data[sent:]
            raise Ended from error
        except Error as error:
            self.write_error = error
            raise Ended from error
        super().write(self._tls.bio_read(len(data) + (len(data) // RECORD + 2) * _OVERHEAD))
