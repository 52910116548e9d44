"""Host ports of which the engine is to choose one: ``-p 8000-8010:80``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from swarmd.core.container.list_item import EVERY_ADDRESS
from swarmd.core.decode import protocol
from swarmd.core.errors import BadParameter
from swarmd.core.request.bounds import RANGES, check_count

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})\Z")


class PortRange(NamedTuple):
    """One free host port of ``first`` to ``last``, both included; ``ip`` "" is every address."""

    first: int
    last: int
    proto: str = "tcp"
    ip: str = ""


def port_ranges(bindings: Mapping[str, Any] | None) -> tuple[PortRange, ...]:
    """Those in ``PortBindings``; BadParameter for one that holds nothing, or for too many."""
    found = tuple(_read(bindings or {}))
    check_count(len(found), RANGES, "HostConfig.PortBindings", "ranges of host ports")
    return found


def _read(bindings: Mapping[str, Any]) -> Iterator[PortRange]:
    """What is neither a number nor a range is for the engine to judge, when it starts."""
    for port, wanted in bindings.items():
        for binding in filter(None, wanted or ()):
            found = _RANGE.match(text := binding.get("HostPort") or "")
            if found is None:
                continue
            first, last, ip = int(found[1]), int(found[2]), binding.get("HostIp") or ""
            if first > last:
                raise BadParameter(f'invalid port specification: "{text}"')
            yield PortRange(first, last, protocol(port), "" if ip in EVERY_ADDRESS else ip)
