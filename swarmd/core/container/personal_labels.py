"""Labels that are meant for one container, and must not get to another with a copied config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.container.create_request import KINDS, SPREAD_LABEL
from swarmd.core.container.resources import SHARES_LABEL
from swarmd.core.names import IDENTITY, KEPT_CONTAINER, SWARM_LABELS

# What a container's owner says of moving it.
MOVE = SWARM_LABELS + "move"
# On a container that swarmd made in place of another: the full ID of that other, and the proof.
REPLACES = SWARM_LABELS + "replaces"
PROOF = SWARM_LABELS + "proof"
# Which ports a container asked for that shares them, as its engine was left to choose others.
ASKED_PORTS = SWARM_LABELS + "publish.ports"
# Under a policy: by which role a container was made, and by whom. Quotas count by them.
ROLE = SWARM_LABELS + "role"
OWNER = SWARM_LABELS + "owner"

_OURS = (REPLACES, PROOF, KEPT_CONTAINER, ASKED_PORTS)  # nobody else may give them
_PERSONAL = (*KINDS.values(), SPREAD_LABEL, MOVE, SHARES_LABEL, IDENTITY, ROLE, OWNER, *_OURS)


def as_a_client_may(body: Any) -> Any:
    """The decoded body of a create, without labels that only swarmd gives."""
    labels = body.get("Labels") if isinstance(body, dict) else None
    if not isinstance(labels, dict) or labels.keys().isdisjoint(_OURS):
        return body
    return {**body, "Labels": {key: labels[key] for key in labels if key not in _OURS}}


def blank(labels: Mapping[str, str]) -> dict[str, str]:
    """What an image must say so that it hands on none of a container's personal ``labels``.

    An engine leaves none of them out of a commit, but takes another text; the empty one says
    nothing.
    """
    return {label: "" for label in _PERSONAL if labels.get(label)}
