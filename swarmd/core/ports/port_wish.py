"""Which ports of its host a container asks for, as ``PortBindings`` say of each of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

EVERY_ADDRESS = ("", "0.0.0.0")  # "::" alone is every IPv6 address, and no other
_NUMBERS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
_HIGHEST = 65_535
_MOST = 4_096  # of one container; an engine that tells of more is not believed


class PortWish(NamedTuple):
    """A port of a container, and the host ports of which one is to lead there.

    Of ports that the engine may choose freely there is none. ``ip`` "" means every address, "::"
    every IPv6 address.
    """

    private: int
    proto: str
    first: int
    last: int
    ip: str = ""

    @property
    def fixed(self) -> bool:
        return self.first == self.last

    def allows(self, private: int, proto: str, public: int) -> bool:
        """Whether it may be this wish that led to ``public``."""
        same = (self.private, self.proto) == (private, proto)
        return same and self.first <= public <= self.last


def port_wishes(host: Mapping[str, Any]) -> tuple[PortWish, ...]:
    """Those of a ``HostConfig``; a container in its host's own network, or in none, maps none."""
    if host.get("NetworkMode") in ("host", "none"):
        return ()
    return tuple(dict.fromkeys(_read(host.get("PortBindings") or {})))[:_MOST]


def _read(bindings: Mapping[str, Any]) -> Iterator[PortWish]:
    for port, wanted in bindings.items():
        number, _, proto = port.partition("/")
        for binding in filter(None, wanted or ()):
            found = _NUMBERS.match(str(binding.get("HostPort") or ""))
            if found is None or not number.isdecimal():
                continue
            first, last = int(found[1]), int(found[2] or found[1])
            if 0 < first <= last <= _HIGHEST:
                ip = binding.get("HostIp") or ""
                ip = "" if ip in EVERY_ADDRESS else str(ip)
                yield PortWish(int(number), proto.lower() or "tcp", first, last, ip)
