"""What may answer at an address of the hosts file and is no engine that can be managed."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nIt works!"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.2p1\r\n"


def engine_of(lowest: str, highest: str) -> bytes:
    """What an engine of other times would answer, to any question."""
    body = json.dumps(
        {
            **{"ID": "stranger", "Name": "stranger", "NCPU": 1, "MemTotal": 1 << 30},
            **{"Version": "99.0", "MinAPIVersion": lowest, "ApiVersion": highest},
        }
    ).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The address of a server that says this to whoever asks anything."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536):
                self.request.sendall(answer)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever was asked in vain goes away as he likes."""
