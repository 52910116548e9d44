"""A container's place in a network, as a body asks for it.

An engine looks for the network by the ID in the endpoint, if there is one, whatever name the
endpoint has: tools that make a container again from its inspect send both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def endpoint_network(endpoint: Any) -> str:
    """The ID by which an engine looks for an endpoint's network, whatever its name says; or ""."""
    found = endpoint.get("NetworkID") if isinstance(endpoint, dict) else ""
    return found if isinstance(found, str) else ""


def plain_endpoint(network: str, endpoint: Any, plain: Callable[[str], str]) -> Any:
    """The settings of an endpoint in ``network``, with its ID as the engine knows it.

    Where clients know the network by another ID, it is asked for by its name alone.
    """
    asked = endpoint_network(endpoint)
    known = plain(asked)
    if known == asked:
        return endpoint
    rest = {key: value for key, value in endpoint.items() if key != "NetworkID"}
    return rest if known == plain(network) else {**rest, "NetworkID": known}
