"""Times of image names that nobody saw being given: while no swarmd ran, or by BuildKit.

Where nodes have different images under one name, it means the one that got it last. An engine knows
of an image when it was tagged last, with whatever name; for most that is when it got this one.
Release 20.10 does not note it for what BuildKit built, and the engines' own store not for what was
pulled or loaded: there what was made last counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from swarmd.cluster.actions import Action, ImageShown, ImagesListed
from swarmd.cluster.images.image_lookup import may_have
from swarmd.core.decode import timestamp
from swarmd.core.errors import ApiError
from swarmd.manager.fleet.answers import read_answer
from swarmd.manager.fleet.fanout import gather
from swarmd.manager.fleet.fleet import Fleet

PAUSE = 0.1  # seconds in which lists are collected: at the start all engines tell theirs
AT_ONCE = 20  # questions under way
LIMIT = 10.0  # seconds for an answer

_log = Logger()


class Given(NamedTuple):
    """That an engine, by its key, has an image under a name that means others elsewhere."""

    key: str
    name: str
    image: str


class NameTimes:
    """The times at which engines gave images their names.

    Asks once for each; the next list of images is another occasion if the engine was away.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._asked: set[Given] = set()
        self._due: IDelayedCall | None = None
        fleet.state.watch(self._heed)

    def _heed(self, action: Action) -> None:
        if isinstance(action, ImagesListed | ImageShown) and self._due is None:
            self._due = self._fleet.clock.callLater(PAUSE, self._begin)

    def _begin(self) -> None:
        self._due = None
        given = set(self._unknown())
        questions = given - self._asked
        self._asked = given
        if questions:
            asking = Deferred.fromCoroutine(gather(sorted(questions), AT_ONCE, self._ask))
            asking.addErrback(lambda failure: _log.failure("names have no times", failure))

    def _unknown(self) -> Iterator[Given]:
        state = self._fleet.state
        state.index.refresh()
        for name in state.index.meanings.split:
            for engine in may_have(state, name):
                given = Given(engine.key, name, engine.image_refs.get(name, ""))
                if engine.healthy and "@" not in name and name not in engine.named:
                    yield given

    async def _ask(self, given: Given) -> None:
        engine = self._fleet.state.engines.get(given.key)
        if engine is None:
            return
        try:
            answer = await self._fleet.call(
                engine, "GET", "images", given.image, "json", timeout=LIMIT
            )
            shown = read_answer(engine.name, answer.body, dict)
        except ApiError:
            self._asked.discard(given)
            return
        about = shown.get("Metadata")
        when = _moment(about.get("LastTagTime") if isinstance(about, dict) else None)
        if when and given.name not in engine.named:  # nor was it seen to be given meanwhile
            when += engine.spec.clock_offset
            self._fleet.state.image_named(given.key, given.name, given.image, when)


def _moment(text: object) -> float:
    try:
        return timestamp(text) if isinstance(text, str) else 0.0
    except ValueError:
        return 0.0
