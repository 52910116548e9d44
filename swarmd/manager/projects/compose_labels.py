"""What labels say of a container's place in a Compose project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container

_COMPOSE = "com.docker.compose."
PROJECT = _COMPOSE + "project"
SERVICE = _COMPOSE + "service"
NUMBER = _COMPOSE + "container-number"
ONE_OFF = _COMPOSE + "oneoff"
# Compose v2 gives the name, of today or in short, or the ID, of what it replaces.
REPLACES = _COMPOSE + "replace"

Labels = Mapping[str, str]


def project_of(labels: Labels) -> str:
    """Of a container that stays: ``compose run`` makes others, of which "" is said."""
    return "" if labels.get(ONE_OFF) == "True" else labels.get(PROJECT, "")


def of_project(state: State, project: str) -> Iterator[Container]:
    for engine in state.engines.values():
        if project in engine.tally.labels.get(PROJECT, ()):
            for one in engine.containers.values():
                if one.labels.get(PROJECT) == project:
                    yield one
