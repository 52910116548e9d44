"""The head of a connection by HAProxy's PROXY protocol, which tells a server who its client is."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, ip_address

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_PROXY = 0x21  # version 2, on behalf of another
_STREAM4, _STREAM6 = 0x11, 0x21
_UNKNOWN = b"PROXY UNKNOWN\r\n"

Place = tuple[str, int]


def proxy_header(version: str, client: Place, own: Place) -> bytes:
    """What is sent before the first byte; of ``version`` "v1", "v2", or "" for nothing.

    Args:
        client: Address and port of who has connected.
        own: Those that were connected to.
    """
    if not version:
        return b""
    ours, theirs = ip_address(own[0].partition("%")[0]), ip_address(client[0].partition("%")[0])
    if ours.version != theirs.version:
        return _UNKNOWN if version == "v1" else _SIGNATURE + struct.pack("!BBH", 0x20, 0, 0)
    four = isinstance(theirs, IPv4Address)
    if version == "v1":
        family = "TCP4" if four else "TCP6"
        return f"PROXY {family} {theirs} {ours} {client[1]} {own[1]}\r\n".encode()
    body = theirs.packed + ours.packed + struct.pack("!HH", client[1], own[1])
    return (
        _SIGNATURE + struct.pack("!BBH", _PROXY, _STREAM4 if four else _STREAM6, len(body)) + body
    )
