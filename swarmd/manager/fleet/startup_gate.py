"""The gate at start: until the engines spoke, requests about what there is have to wait.

Else a list would be empty, a container unknown and its name free, for as long as it takes to ask;
and whoever restarts swarmd under a running ``docker compose up`` would have everything twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.core.model import Engine, Health
from swarmd.core.request.routes import ROUTES
from swarmd.timers.periodic import Periodic

LOOK = 0.05  # seconds between two looks
# For engines that say nothing, not even no: counted anew with each one that does.
PATIENCE = 3.0
LONGEST = 30.0
# These say themselves what they know: ``info`` shows which nodes are pending.
_AT_ONCE = re.compile(
    rb"(?:/v[\d.]+)?/(?:swarmd/.*|%b)"
    % "|".join(route.path for route in ROUTES if route.at_once).encode(),
    re.DOTALL,
)


class StartupGate(Periodic):
    """The gate of requests right after the start.

    It opens once every engine on the list is known, or known not to answer.

    Args:
        listed: Whether it is known which engines there are.

    Attributes:
        closed: Requests are put off.
    """

    _log = Logger()

    def __init__(
        self,
        engines: Mapping[str, Engine],
        clock: IReactorTime,
        listed: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(clock, LOOK, self._look, now=True, failed="nodes could not be looked at")
        self._engines = engines
        self._listed = listed
        self.closed = False
        self._clock = clock
        self._waiting: list[Callable[[], None]] = []
        self._on_open: list[Callable[[], None]] = []
        self._missing = 0
        self._began = self._heard = 0.0

    def startService(self) -> None:
        self.closed = True
        self._began = self._heard = self._clock.seconds()
        self._missing = len(self._engines)
        super().startService()

    def stopService(self) -> None:
        super().stopService()
        self._waiting.clear()
        self._on_open.clear()

    def later(self, path: bytes, begin: Callable[[], None]) -> bool:
        """Whether ``begin`` is called later, and need not be now."""
        if answers_at_once(path):
            return False
        self._waiting.append(begin)
        return True

    def when_open(self, call: Callable[[], None]) -> None:
        """Calls it once, when first contact is made: at once if it is."""
        if self.running:
            self._on_open.append(call)
        else:
            call()

    def _look(self) -> None:
        now = self._clock.seconds()
        if not self._listed() and now < self._began + LONGEST:
            self._heard = now
            return
        missing = sum(_unheard(engine) for engine in self._engines.values())
        if missing < self._missing:
            self._missing, self._heard = missing, now
        if not missing:
            self._over()
        elif now >= self._heard + PATIENCE or now >= self._began + LONGEST:
            silent = "1 node has" if missing == 1 else f"{missing} nodes have"
            self._log.warn("{silent} said nothing yet: serving", silent=silent)
            self._over()

    def _over(self) -> None:
        super().stopService()
        self.closed = False
        waiting, self._waiting = [*self._on_open, *self._waiting], []
        self._on_open.clear()
        for begin in waiting:
            begin()


def answers_at_once(path: bytes) -> bool:
    """Whether a request for ``path`` need not wait for what is not known yet."""
    return _AT_ONCE.fullmatch(path) is not None


def _unheard(engine: Engine) -> bool:
    return engine.health is Health.PENDING and not engine.error
