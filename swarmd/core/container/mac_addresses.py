"""MAC addresses of a create: one a network since API 1.44, before that the main network's alone."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any

Json = Mapping[str, Any]

ON_EACH_NETWORK = (1, 44)  # the API version
_GENERATED = "02:42:"  # and the four bytes of its IPv4 address


def elsewhere(body: Json) -> bool:
    """Whether another than the main network shall have a certain MAC address."""
    main = _main(body)
    return any(name != main and _asks(one) for name, one in _endpoints(body).items())


def of_main_network(body: Json) -> Json:
    """The body for an engine that takes the address of the main network beside all networks."""
    endpoint = _endpoints(body).get(_main(body)) or {}
    if not _asks(endpoint) or body.get("MacAddress"):
        return body
    return {**body, "MacAddress": endpoint["MacAddress"]}


def _asks(endpoint: Any) -> bool:
    """Not if it is what an old engine made out of the address: an inspect, given back."""
    mac = endpoint.get("MacAddress") if isinstance(endpoint, dict) else None
    return bool(mac) and mac != _generated(endpoint.get("IPAddress"))


def _generated(address: Any) -> str:
    try:
        return _GENERATED + IPv4Address(str(address)).packed.hex(":")
    except AddressValueError:
        return ""


def _main(body: Json) -> str:
    return (body.get("HostConfig") or {}).get("NetworkMode") or "default"


def _endpoints(body: Json) -> Json:
    config = body.get("NetworkingConfig")
    endpoints = config.get("EndpointsConfig") if isinstance(config, dict) else None
    return endpoints if isinstance(endpoints, dict) else {}
