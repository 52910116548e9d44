"""The set-aside name of a running container while swarmd puts another in its place.

It tells, also after a restart in the middle, whose it is and that it was running.
"""

from __future__ import annotations

import re

from swarmd.core.container.container_state import Container

_ASIDE = re.compile(r"(?P<name>.+)\.moving-(?P<id>[0-9a-f]{12})\Z")


def aside_name(container: Container) -> str:
    return f"{container.name}.moving-{container.id[:12]}"


def plain_name(container: Container) -> str:
    """The name that it has, or had before it was put aside."""
    found = _ASIDE.match(container.name)
    if found is None or not container.id.startswith(found["id"]):
        return container.name
    return found["name"]


def is_aside(container: Container) -> bool:
    return plain_name(container) != container.name
