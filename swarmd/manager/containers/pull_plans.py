"""Plans of pulls: which node a missing image is wanted on.

``docker run`` of an image that the chosen node lacks goes: create, 404, pull, create. The pull must
go to the node that the first create was planned for, and the second create must land there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

KEPT = 600.0  # seconds from a 404 to the create after the pull
MOST = 10_000  # plans kept; the oldest goes first


class PullPlans:
    """Planned pulls: by client and image, the engine on which a create waits for the pull.

    Attributes:
        on_row: Hears of each plan that is made here, as ``take_in`` has it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.on_row: Callable[[str, str, str, bool], None] | None = None
        self._now = now
        self._plans: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        self._to_pull: set[tuple[str, str]] = set()

    def note(self, client: str, image: str, engine_key: str) -> None:
        self.take_in(client, image, engine_key, True)
        if self.on_row is not None:
            self.on_row(client, image, engine_key, True)

    def take_in(self, client: str, image: str, engine_key: str, to_pull: bool) -> None:
        """A plan that was made elsewhere, or here; ``to_pull`` until its pull has come."""
        self._plans.pop((client, image), None)
        self._plans[client, image] = (self._now() + KEPT, engine_key)
        if to_pull:
            self._to_pull.add((client, image))
        if len(self._plans) > MOST:
            oldest, _ = self._plans.popitem(last=False)
            self._to_pull.discard(oldest)

    def all(self) -> list[tuple[str, str, str, bool]]:
        """All that count, the oldest first, as ``take_in`` has them."""
        return [
            (client, image, key, (client, image) in self._to_pull)
            for (client, image), (until, key) in self._plans.items()
            if until > self._now()
        ]

    def take_pull(self, client: str, image: str) -> str | None:
        """As ``find``, once: the pull after a create is for one node, a later one for all."""
        key = self.find(client, image) if (client, image) in self._to_pull else None
        self._to_pull.discard((client, image))
        return key

    def find(self, client: str, image: str) -> str | None:
        """The engine's key; None without a plan, or when it is too old."""
        until, key = self._plans.get((client, image), (0.0, ""))
        return key if until > self._now() else None

    def drop(self, client: str, image: str) -> None:
        """The create has landed."""
        self._plans.pop((client, image), None)
        self._to_pull.discard((client, image))
