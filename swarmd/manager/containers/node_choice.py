"""Which node a create takes: the scheduler's best, and what a create knows beyond that.

An image may have been pulled for it, or be on one node only; a network or volume that is nobody's
yet follows the container where its own node will not do.

An engine takes every create, and looks at ports when the container starts. So does the fleet where
the wish leaves one node, or something is replaced: if not all that is asked for is free there, less
and less counts as taken, and the start decides. Where there is a choice, a create that can start
nowhere is refused at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.create_order import CreateOrder, placement
from swarmd.manager.containers.image_locality import ImageLocality
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.containers.replaced import replaced
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.projects.companions import near
from swarmd.scheduler.claim import claim
from swarmd.scheduler.place import Explanation
from swarmd.scheduler.placement import Counting, Pin, Placement
from swarmd.scheduler.refusal import NoCandidate

Chosen = tuple[Placement, Engine]  # what was asked of the node in the end, and the best for that


class Choice(NamedTuple):
    """Where a container goes.

    Attributes:
        demand: What it gets there.
        replaced: The containers whose place it takes.
    """

    engine: Engine
    demand: Demand
    replaced: Sequence[Container]


_NEAR = 3  # nodes that are tried before all others
_LESS = (Counting.RUNNING, Counting.NOBODY)


class NodeChoice:
    """The choice of a node for a create.

    ``without`` are keys of engines that were tried in vain.
    """

    def __init__(
        self, fleet: Fleet, placer: Placer, plans: PullPlans, local: LocalResources
    ) -> None:
        self._fleet = fleet
        self._placer = placer
        self._locality = ImageLocality(fleet.state, plans)
        self._local = local

    def choose(
        self, order: CreateOrder, attachments: Attachments, without: Collection[str] = ()
    ) -> Choice:
        """Raises NoCandidate."""
        old, best = replaced(self._fleet.state, order), near(self._fleet.state, order)
        with self._fleet.state.without(old):
            ways = attachments.ways(placement(self._fleet.state, order))
            wanted, engine = self._first(order, ways, {one.engine for one in old}, best, without)
            return Choice(engine, claim(wanted, engine), old)

    def explain(self, order: CreateOrder) -> Explanation:
        """What ``choose`` would say, of every engine."""
        old, best = replaced(self._fleet.state, order), near(self._fleet.state, order)
        attachments = Attachments(self._local, order.config, order.leaves)
        with self._fleet.state.without(old):
            ways = attachments.ways(placement(self._fleet.state, order))
            try:
                wanted, _ = self._first(order, ways, {one.engine for one in old}, best)
            except NoCandidate:
                wanted = ways[0]
            return self._placer.explain(wanted)

    def candidates(self, order: CreateOrder, only: Engine | None = None) -> list[Engine]:
        """Where a container that is moved might go, best first, were it not on its node.

        Args:
            only: None else.
        """
        assert order.replaces is not None
        attachments = Attachments(self._local, order.config, order.leaves)
        with self._fleet.state.without([order.replaces]):
            try:
                wanted = attachments.ways(placement(self._fleet.state, order))[-1]
                if only is not None:
                    pin = Pin("move", frozenset({only.key}), "it is to move elsewhere")
                    wanted = replace(wanted, pins=(*wanted.pins, pin))
                return self._placer.rank(wanted)
            except ApiError:
                return []

    def _first(
        self,
        order: CreateOrder,
        ways: list[Placement],
        replaced_on: Collection[str],
        best: Collection[str],
        without: Collection[str] = (),
    ) -> Chosen:
        """The first way in which it can be placed; the refusal is that of what was asked for.

        Args:
            ways: As it was asked for, and what else would do.
            replaced_on: Keys of the engines where what it replaces is.
            best: Keys of the engines where it had best be, best first.
        """
        refusal: NoCandidate | None = None
        for each in self._attempts(ways, replaced_on, best, patient=order.replaces is None):
            try:
                return self._best(order, each, without)
            except NoCandidate as error:
                refusal = error if each in ways else refusal
        assert refusal is not None
        raise refusal

    def _attempts(
        self,
        ways: list[Placement],
        replaced_on: Collection[str],
        best: Collection[str],
        *,
        patient: bool,
    ) -> Iterator[Placement]:
        """At home first, where what it replaces is; then where it had best be."""
        yield from _near_first(ways, replaced_on, best)
        if not patient or not _takes_anything(ways[0]):
            return
        tied = [bool(replaced_on) or self._placer.only_engine(way) is not None for way in ways]
        for by in _LESS:
            for way, is_tied in zip(ways, tied, strict=True):
                if is_tied:
                    less = replace(way, taken_by=by)
                    yield _at(less, replaced_on) if replaced_on else less

    def _best(self, order: CreateOrder, wanted: Placement, without: Collection[str]) -> Chosen:
        """The best engine; but where a pull was just planned, and where an image can only be."""
        best = self._placer.rank(wanted, without)[0]
        pins = tuple(self._locality.draw(order, best, last_resort=bool(without)))
        return (pins and self._pinned(wanted, pins, without)) or (wanted, best)

    def _pinned(
        self, wanted: Placement, pins: Iterable[Pin], without: Collection[str]
    ) -> Chosen | None:
        """If any engine that the pins allow fits."""
        narrow = replace(wanted, pins=(*wanted.pins, *pins))
        try:
            return narrow, self._placer.rank(narrow, without)[0]
        except NoCandidate:
            return None

    def has_other(
        self,
        order: CreateOrder,
        attachments: Attachments,
        engine: Engine,
        without: Collection[str],
    ) -> bool:
        """Whether another than ``engine`` has the images, and would do."""
        ways = attachments.ways(placement(self._fleet.state, order))
        pins, tried = self._locality.of(order), (*without, engine.key)
        with self._fleet.state.without(replaced(self._fleet.state, order)):
            return bool(pins) and any(self._pinned(way, pins, tried) for way in ways)


def _near_first(
    ways: list[Placement], replaced_on: Collection[str], best: Collection[str]
) -> Iterator[Placement]:
    for way in ways:
        if replaced_on:
            yield _at(way, replaced_on)
        for engine in islice(best, _NEAR):
            pin = Pin("near", frozenset({engine}), "where it was, or its project is, is elsewhere")
            yield replace(way, pins=(*way.pins, pin))
        yield way


def _at(way: Placement, replaced_on: Collection[str]) -> Placement:
    pin = Pin("replaced", frozenset(replaced_on), "what it replaces is elsewhere")
    return replace(way, pins=(*way.pins, pin))


def _takes_anything(wanted: Placement) -> bool:
    return bool(any(wanted.demand) or wanted.port_ranges or wanted.device_wishes)
