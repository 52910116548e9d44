"""Puts the devices that were claimed into a create body, in place of a mere count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from swarmd.core.container.resources import (
    device_wishes,
    hands_out_devices,
    without_visible_devices,
)


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
