"""Warnings of a create: published ports that will not answer at swarmd's own address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from swarmd.cluster.publishing.claims import RELAYED, is_reachable
from swarmd.core.decode import protocol
from swarmd.core.model import Engine
from swarmd.core.ports.port_wish import EVERY_ADDRESS

Json = Mapping[str, Any]


def with_warnings(answer: bytes, engine: Engine, asked: Json) -> bytes:
    """An engine's answer to a create, and what it could not know.

    Args:
        asked: The body of the create.
    """
    found = list(dict.fromkeys(_warnings(engine, asked.get("HostConfig") or {})))
    if not found:
        return answer
    body = orjson.loads(answer)
    return orjson.dumps({**body, "Warnings": [*(body.get("Warnings") or ()), *found]}) + b"\n"


def _warnings(engine: Engine, host: Json) -> Iterator[str]:
    for port, bound in (host.get("PortBindings") or {}).items():
        if bound and protocol(port) not in RELAYED:
            yield (
                f"Port {port} answers at node {engine.name} alone: swarmd relays TCP and UDP to "
                "its own address."
            )
            continue
        for binding in filter(None, bound or ()):
            ip = binding.get("HostIp") or ""
            if not is_reachable(engine, "" if ip in EVERY_ADDRESS else ip):
                yield (
                    f"Port {port} is bound to {ip} of node {engine.name} alone, where swarmd does "
                    "not reach it: it does not answer at swarmd's address."
                )
