"""What happens to nodes, in the log: each change once, and of a flood the number and its end."""

from __future__ import annotations

from collections import Counter

from twisted.application.service import Service
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from swarmd.core.printable import printable
from swarmd.manager.nodes.node_change import NodeChange

WINDOW = 60.0  # seconds
MOST_OF_ONE = 6  # times that one node falls or comes in a window: one that flaps is one node
MOST = 100  # lines of all nodes together: a thousand may fall or come at once
MOST_SUMS = 5  # lines at the end of a window


class NodeLog(Service):
    """The log of nodes, of bounded length; what it leaves out is summed up a minute later."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._begun = -WINDOW
        self._lines = 0
        self._flaps: Counter[str] = Counter()  # by the node's key
        self._left_out: dict[str, tuple[int, NodeChange]] = {}  # key -> how many, the last one
        self._sum: IDelayedCall | None = None

    def stopService(self) -> None:
        super().stopService()
        if self._sum is not None:
            self._sum.cancel()
            self._sum_up()

    def report(self, change: NodeChange) -> None:
        now, key = self._clock.seconds(), change.node.key
        if self._sum is None and now - self._begun >= WINDOW:
            self._begun, self._lines = now, 0
            self._flaps.clear()
        if self._lines < MOST and not (change.flaps and self._flaps[key] >= MOST_OF_ONE):
            self._lines += 1
            self._flaps[key] += change.flaps
            self._write(change, change.words())
            return
        count, _ = self._left_out.get(key, (0, change))
        self._left_out[key] = count + 1, change
        if self._sum is None:
            self._sum = self._clock.callLater(self._begun + WINDOW - now, self._sum_up)

    def _sum_up(self) -> None:
        self._sum = None
        left_out, self._left_out = self._left_out, {}
        ranked = sorted(left_out.values(), key=lambda one: -one[0])
        for count, last in ranked[:MOST_SUMS]:
            more = "once more" if count == 1 else f"{count} times more"
            self._write(last, f"{last.words()} (it changed {more}, which was not logged)")
        rest = ranked[MOST_SUMS:]
        if rest:
            text = "{nodes} further nodes changed, which was not logged: {counts}"
            counts = Counter(last.action for _, last in rest)
            words = ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))
            self._log.warn(text, nodes=len(rest), counts=words)

    def _write(self, change: NodeChange, words: str) -> None:
        write = self._log.warn if change.worrying else self._log.info
        write("{words}", words=printable(words), node=change.node.name)
