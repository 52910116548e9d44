"""Ports for servers of tests."""

from __future__ import annotations

import socket

_held: list[socket.socket] = []


def free_port(host: str = "127.0.0.1") -> int:
    """One that nobody else is given while this process lives, so that a server may also start late.

    A socket that is bound and does not listen holds it. Whoever asks for this very port, with
    SO_REUSEADDR as servers do, can listen there all the same.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((host, 0))
    _held.append(holder)
    return int(holder.getsockname()[1])
