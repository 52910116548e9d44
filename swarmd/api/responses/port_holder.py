"""The holder of a port for want of which a container was not started: engines do not say."""

from __future__ import annotations

import re

import orjson

from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine

_TAKEN = re.compile(r":(\d{1,5}) failed: port is already allocated")


def with_holder(body: bytes, container: Container, engine: Engine) -> bytes:
    """The engine's refusal with the name of the container that holds the port, where one does.

    ``engine`` shows the containers that the client may know of.
    """
    try:
        answer = orjson.loads(body)
        found = _TAKEN.search(answer["message"])
    except (ValueError, TypeError, KeyError):
        return body
    holder = _holder(int(found[1]), container, engine) if found else ""
    if not holder:
        return body
    return orjson.dumps({**answer, "message": f"{answer['message']} by container {holder}"})


def _holder(number: int, container: Container, engine: Engine) -> str:
    """One that runs; of several protocols the one that ``container`` asks for."""
    protocols = {port.proto for port in container.demand.ports if port.port == number}
    for one in engine.containers.values():
        if one.running and one.id != container.id:
            for port in one.demand.ports:
                if port.port == number and (not protocols or port.proto in protocols):
                    return one.name
    return ""
