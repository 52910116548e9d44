"""The create of a container that shares its published ports with others.

Its engine chooses the ports of the node, since several may be on one node; what it asked for is a
label, by which swarmd's own address has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from swarmd.cluster.publishing.claims import BALANCE, PUBLISH_LABEL, asked_label
from swarmd.core.container.create_request import CreateRequest
from swarmd.core.names import IDENTITY
from swarmd.core.ports.port_wish import EVERY_ADDRESS

Json = Mapping[str, Any]


def balanced(body: Json, config: CreateRequest) -> tuple[Json, CreateRequest]:
    """Body and request as the engine is asked; both as they were of any other container."""
    wishes = tuple(wish for wish in config.port_wishes if not wish.ip)
    identity = config.labels.get(IDENTITY, "")
    if config.labels.get(PUBLISH_LABEL) != BALANCE or not (wishes and identity):
        return body, config
    host = body.get("HostConfig") or {}
    asked = asked_label(wishes, identity)
    bindings = {
        port: [_unasked(each) for each in bound or ()]
        for port, bound in (host.get("PortBindings") or {}).items()
    }
    config = replace(
        config,
        labels={**config.labels, **asked},
        demand=config.demand._replace(ports=tuple(port for port in config.demand.ports if port.ip)),
        port_ranges=tuple(one for one in config.port_ranges if one.ip),
    )
    labels = {**(body.get("Labels") or {}), **asked}
    return {**body, "Labels": labels, "HostConfig": {**host, "PortBindings": bindings}}, config


def _unasked(binding: Json | None) -> Json:
    """The same of any port, unless it is bound to one address."""
    bound = binding or {}
    return {**bound, "HostPort": ""} if (bound.get("HostIp") or "") in EVERY_ADDRESS else bound
