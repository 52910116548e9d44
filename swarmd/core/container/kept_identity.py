"""The label of a container that was made again on another node, under the ID that clients hold.

It names that ID, the container's own Swarm ID, the engine that it left and its name. Swarm IDs are
drawn by swarmd for each container, so a label that an image or a copied config hands on belongs to
another Swarm ID, and says nothing. Until the old container is gone, the new one has a name that
marks it: it is not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from swarmd.core.names import IDENTITY, KEPT_CONTAINER, is_full_id


class KeptIdentity(NamedTuple):
    """What the label says.

    Attributes:
        id: The ID that clients know.
        identity: The Swarm ID of the container that has the label.
        origin: The ID of the engine where it was before.
        name: The container's, once it is there.
    """

    id: str
    identity: str
    origin: str
    name: str

    @property
    def interim_name(self) -> str:
        """What it is called while the old one is still there."""
        return f"swarmd-follows-{self.id}"

    def labels(self) -> dict[str, str]:
        return {IDENTITY: self.identity, KEPT_CONTAINER: "/".join(self)}


def kept_identity(labels: Mapping[str, str]) -> KeptIdentity | None:
    """Of a container, or of an event that has its labels; None where nothing valid is said."""
    text = labels.get(KEPT_CONTAINER)
    parts = text.split("/") if text else []
    if len(parts) != len(KeptIdentity._fields):
        return None
    kept = KeptIdentity(*parts)
    return kept if is_full_id(kept.id) and kept.identity == labels.get(IDENTITY) else None
