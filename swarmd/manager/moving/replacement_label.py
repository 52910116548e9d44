"""The label that proves that swarmd itself made a container in the place of another.

The label ``com.docker.swarm.replaces`` says so, but images, people and engines can write labels,
too. So beside it stands a code over the old container's ID, under a key that only swarmd has.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from swarmd.core.container.personal_labels import PROOF, REPLACES


def labels_of_replacement(key: bytes, old_id: str) -> dict[str, str]:
    return {REPLACES: old_id, PROOF: _code(key, old_id)}


def proves(key: bytes, labels: Mapping[str, str], old_id: str) -> bool:
    """Whether these are labels that swarmd gave to the replacement of ``old_id``."""
    code = labels.get(PROOF, "").encode()
    return labels.get(REPLACES) == old_id and hmac.compare_digest(code, _code(key, old_id).encode())


def _code(key: bytes, old_id: str) -> str:
    return hmac.new(key, old_id.encode(), "sha256").hexdigest()
