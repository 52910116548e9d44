"""Which images each client has made or named, for its builds may build on them.

A build by BuildKit says nothing of the images that it needs; on one host all are there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

MOST_CLIENTS = 1_000
MOST_EACH = 64  # the newest ones


class OwnImages:
    """The images that a client built or loaded, by identity (``swarmd.api.routing.client_key``).

    Attributes:
        on_row: Hears of what is noted here: client, names.
    """

    def __init__(self) -> None:
        self.on_row: Callable[[str, list[str]], None] | None = None
        self._names: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, client: str, names: Iterable[str]) -> None:
        """``names`` as engines list them."""
        noted = list(names)
        self.take_in(client, noted)
        if self.on_row is not None:
            self.on_row(client, noted)

    def take_in(self, client: str, names: Iterable[str]) -> None:
        """What was noted elsewhere, or here."""
        own = self._names.setdefault(client, OrderedDict())
        self._names.move_to_end(client)
        for name in names:
            own[name] = None
            own.move_to_end(name)
        while len(own) > MOST_EACH:
            own.popitem(last=False)
        while len(self._names) > MOST_CLIENTS:
            self._names.popitem(last=False)

    def all(self) -> list[tuple[str, list[str]]]:
        """As ``take_in`` has them."""
        return [(client, list(own)) for client, own in self._names.items()]

    def of(self, client: str) -> list[str]:
        """The newest first."""
        return list(reversed(self._names.get(client, ())))
