"""The body of a create as one engine gets it.

References are what that engine knows; devices that were only counted are the claimed ones; CPUs
that were asked for by shares are a weight; and an engine of an API before 1.44 gets one network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from swarmd.core.container.container_state import Demand
from swarmd.core.container.create_request import rewritten
from swarmd.core.container.mac_addresses import ON_EACH_NETWORK, of_main_network
from swarmd.core.container.resources import (
    SHARES_LABEL,
    device_wishes,
    hands_out_devices,
    shares_label,
    weight,
    without_visible_devices,
)
from swarmd.core.model import Engine
from swarmd.core.request.version import Version, clamp
from swarmd.manager.containers.create_order import CreateOrder

SEVERAL_NETWORKS: Version = (1, 44)  # the first API that takes them at the create

Endpoints = Mapping[str, Any]


def engine_body(
    order: CreateOrder, plain: Callable[[str], str], engine: Engine, demand: Demand
) -> tuple[Mapping[str, Any], Endpoints]:
    """The body, and the endpoints of networks that are left to be joined.

    Args:
        plain: Makes what ``engine`` knows of a reference.
        demand: What the container was granted.
    """
    body: Mapping[str, Any] = with_devices(rewritten(order.body, plain), demand.devices)
    if not order.devices_by_environment:
        body = without_devices(body, engine.spec.info)
    body = with_weight(body, engine.spec.cpus)
    version = clamp(order.version, engine.spec.api_min, engine.spec.api_max)
    if version < ON_EACH_NETWORK:
        body = of_main_network(body)
    return (body, {}) if version >= SEVERAL_NETWORKS else with_one_network(body)


def with_devices(body: Mapping[str, Any], claimed: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """``body`` with each device request naming the very devices; unchanged without any.

    Args:
        claimed: Pairs (kind, device id), those of one request beside each other, in order.
    """
    host = body.get("HostConfig") or {}
    requests = host.get("DeviceRequests")
    if not requests or not claimed:
        return body
    left = list(claimed)
    named = []
    for request, wish in zip(requests, device_wishes(host), strict=True):
        mine = [device for device in left if device[0] == wish.kind]
        if not wish.ids and wish.amount >= 0:
            mine = mine[: wish.amount]
        left = [device for device in left if device not in mine]
        ids = list(wish.ids) or [device_id for _, device_id in mine]
        named.append({**request, "Count": 0, "DeviceIDs": ids})
    return {**body, "HostConfig": {**host, "DeviceRequests": named}}


def without_devices(body: Mapping[str, Any], info: bytes) -> Mapping[str, Any]:
    """``body`` so that no environment brings devices along, where a runtime goes by that.

    Args:
        info: ``Spec.info`` of its engine.
    """
    host = body.get("HostConfig") or {}
    runtime = str(host.get("Runtime") or "")
    if host.get("DeviceRequests") or not hands_out_devices(runtime, orjson.loads(info)):
        return body
    return {**body, "Env": without_visible_devices(body.get("Env") or ())}


def with_weight(body: Mapping[str, Any], available: int) -> Mapping[str, Any]:
    """``body`` for an engine of ``available`` CPUs; unchanged where shares are a weight already."""
    host, labels = body.get("HostConfig") or {}, body.get("Labels") or {}
    kept = shares_label(host, labels)
    if not kept:
        return body
    return {
        **body,
        "Labels": {**labels, **kept},
        "HostConfig": {**host, "CpuShares": weight(int(kept[SHARES_LABEL]), available)},
    }


def with_one_network(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Endpoints]:
    """The body with its main network, and the endpoints of the others."""
    endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
    if len(endpoints) < 2:
        return body, {}
    mode = (body.get("HostConfig") or {}).get("NetworkMode")
    first = mode if mode in endpoints else next(iter(endpoints))
    others = {name: one for name, one in endpoints.items() if name != first}
    kept = {**body["NetworkingConfig"], "EndpointsConfig": {first: endpoints[first]}}
    return {**body, "NetworkingConfig": kept}, others
