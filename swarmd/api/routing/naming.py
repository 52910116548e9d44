"""Puts whole IDs in the place of containers' names, so that an engine takes no other for it.

Between a judgement and the engine's own look-up a name can become that of another container.
"""

from __future__ import annotations

from typing import Any

from swarmd.authz.existing import CONTAINER
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.lookup import find_container
from swarmd.core.names import split_node

Json = dict[str, Any]
_MODES = ("NetworkMode", "PidMode", "IpcMode")


class Naming:
    """The names of one request's path, as the engine that gets it knows them.

    Args:
        seen: Where names are looked up; what is not there is NotFound.
    """

    def __init__(self, seen: StateView) -> None:
        self._seen = seen

    def id(self, ref: str) -> str:
        return find_container(self._seen, ref).id

    def create(self, body: Json) -> None:
        """All that the body of a create names."""
        host = body.get("HostConfig")
        if isinstance(host, dict):
            self.host(host)
        networking = body.get("NetworkingConfig")
        endpoints = networking.get("EndpointsConfig") if isinstance(networking, dict) else None
        for endpoint in endpoints.values() if isinstance(endpoints, dict) else ():
            self.endpoint(endpoint)

    def host(self, host: Json) -> None:
        for key in _MODES:
            mode = str(host.get(key) or "")
            if mode.startswith(CONTAINER):
                host[key] = CONTAINER + self.id(mode.removeprefix(CONTAINER))
        for key in ("VolumesFrom", "Links"):
            if host.get(key):
                host[key] = [self._reference(text, key == "Links") for text in texts(host[key])]

    def endpoint(self, endpoint: Any) -> None:
        """Which network it is of is said by its name alone."""
        if not isinstance(endpoint, dict):
            return
        endpoint.pop("NetworkID", None)
        endpoint.pop("EndpointID", None)
        if endpoint.get("Links"):
            endpoint["Links"] = [self._reference(one, True) for one in texts(endpoint["Links"])]

    def _reference(self, text: str, link: bool) -> str:
        """``web:ro`` or, of a link, ``web:alias``, which without an alias is that of its name."""
        ref, colon, rest = text.partition(":")
        if link and not colon:
            rest = split_node(ref)[1]
        return f"{self.id(ref)}:{rest}" if rest else self.id(ref)


def texts(values: Any) -> list[str]:
    """Raises nothing: the create itself refuses what is no list of texts."""
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
