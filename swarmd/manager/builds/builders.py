"""Which engine is the builder of which client.

BuildKit's calls (``/grpc``, ``/session``) say nothing of the build that they belong to, so all of
one client go to one engine. It is drawn from the client's identity, hence the same one as long as
the fleet stays the same, with the client's build cache on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from twisted.internet.interfaces import IReactorTime

from swarmd.core.errors import Unavailable
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet

STAYS = 60.0  # seconds for which a client's engine stays after its last call
MOST = 10_000  # clients remembered


@dataclass(slots=True)
class _Bond:
    """Attributes:
    open: Number of calls under way.
    until: Monotonic seconds up to which it holds with no call under way.
    """

    engine: str
    open: int = 0
    until: float = 0.0


class Builders:
    """The engine that builds, for each client's identity: see ``swarmd.api.routing.client_key``.

    Attributes:
        on_row: Hears of each call that begins here: client, key of the engine.
    """

    def __init__(self, fleet: Fleet, clock: IReactorTime) -> None:
        self.on_row: Callable[[str, str], None] | None = None
        self._fleet = fleet
        self._clock = clock
        self._bonds: dict[str, _Bond] = {}

    def engine(self, client: str) -> Engine:
        """Raises Unavailable without a healthy engine."""
        bond = self._bonds.get(client)
        if bond is not None and (bond.open or bond.until > self._clock.seconds()):
            bound = self._fleet.state.engines.get(bond.engine)
            if bound is not None and bound.healthy:
                return bound
        return _drawn(client, self._fleet.healthy())

    def building(self, client: str) -> bool:
        """Whether a call of this client is under way."""
        bond = self._bonds.get(client)
        return bond is not None and bond.open > 0

    def opened(self, client: str, engine: Engine) -> Callable[[object], None]:
        """A call of ``client`` goes to ``engine``; to be called once, when it is over."""
        held = self._bond(client, engine.key)
        held.open += 1
        if self.on_row is not None:
            self.on_row(client, engine.key)

        def over(_: object = None) -> None:
            held.open -= 1
            held.until = self._clock.seconds() + STAYS

        return over

    def take_in(self, client: str, engine_key: str) -> None:
        """A call that went, or goes, to that engine by another process."""
        self._bond(client, engine_key).until = self._clock.seconds() + STAYS

    def all(self) -> list[tuple[str, str]]:
        """As ``take_in`` has them."""
        now = self._clock.seconds()
        bonds = self._bonds.items()
        return [(client, bond.engine) for client, bond in bonds if bond.open or bond.until > now]

    def _bond(self, client: str, engine_key: str) -> _Bond:
        bond = self._bonds.get(client)
        if bond is None or bond.engine != engine_key:
            self._trim()
            bond = self._bonds[client] = _Bond(engine_key)
        return bond

    def _trim(self) -> None:
        if len(self._bonds) < MOST:
            return
        now = self._clock.seconds()
        self._bonds = {
            client: bond for client, bond in self._bonds.items() if bond.open or bond.until > now
        }


def _drawn(client: str, engines: list[Engine]) -> Engine:
    """Rendezvous: an engine that comes or goes moves only the clients that it must."""
    if not engines:
        raise Unavailable("No healthy node available in the cluster")

    def lot(engine: Engine) -> bytes:
        return blake2b(f"{client}\0{engine.spec.id}".encode(), digest_size=8).digest()

    return max(engines, key=lot)
