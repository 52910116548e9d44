"""The empty images by which swarmd takes names from others, for as long as they are there.

Everybody can write their label, in a Dockerfile, a commit or a registry; what it has to say for one
of them to count only swarmd knows, which draws it anew for each. Else a client could hide images.
"""

from __future__ import annotations

from collections.abc import Mapping

from swarmd.cluster.container_index import Bounded
from swarmd.core.names import PLACEHOLDER

_LIMIT = 4096  # of the latest, whose events may still come


class Placeholders:
    """Those that this swarmd has made since its start: code -> image ID, "" until that is known."""

    def __init__(self) -> None:
        self._made: Bounded[str] = Bounded(_LIMIT)

    def expect(self, code: str, image_id: str = "") -> None:
        """An engine is asked for one whose label says ``code``, or has made it as ``image_id``."""
        self._made.put(code, image_id)

    def has(self, image_id: str, labels: Mapping[str, str]) -> bool:
        """Not what was built on one meanwhile, and has its labels."""
        made = self._made.get(labels.get(PLACEHOLDER, ""))
        return made is not None and made in ("", image_id)
