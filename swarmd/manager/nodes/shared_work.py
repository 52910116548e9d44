"""The operators' work where several swarmds share it: all hear of it, the leader does it."""

from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.membership.drain_reports import DrainReports
from swarmd.manager.membership.election import Election
from swarmd.manager.membership.shared_book import SharedBook
from swarmd.manager.moving.drain import Drainer, Line
from swarmd.manager.nodes.operator_state import Book, NodeIntent
from swarmd.manager.rescheduling.reschedule import Rescheduler


class SharedWork:
    """The shared work, seen by one swarmd.

    It stands by until it is elected; what changes in the book counts here at once.
    """

    def __init__(
        self,
        fleet: Fleet,
        book: SharedBook,
        election: Election,
        reports: DrainReports,
        drainer: Drainer,
        rescheduler: Rescheduler,
    ) -> None:
        self._fleet = fleet
        self._book = book
        self._election = election
        self._reports = reports
        self._drainer = drainer
        self._rescheduler = rescheduler
        drainer.stand_by()
        rescheduler.stand_by()
        drainer.publish = reports.report
        reports.on_lines = self._on_lines
        book.on_change = self._on_change
        election.on_gain, election.on_lose = self._gain, self._lose

    def _gain(self) -> None:
        draining = [key for key, node in self._book.book.nodes.items() if node.draining]
        lines = {key: self._reports.of(key) for key in draining}
        under_way = {key: one for key, one in lines.items() if one and not one[-1].get("Done")}
        self._drainer.take_up(under_way)
        self._rescheduler.take_up()

    def _lose(self) -> None:
        self._drainer.stand_by()
        self._rescheduler.stand_by()

    def _on_lines(self, key: str, lines: list[Line]) -> None:
        """The leader's, for who follows the drain here."""
        if not self._election.leads:
            for line in lines:
                self._drainer.follow(key, line)

    # The book

    def _on_change(self, before: Book, after: Book) -> None:
        for key in before.nodes.keys() | after.nodes.keys():
            if before.nodes.get(key) != after.nodes.get(key):
                self._wanted(key, after.nodes.get(key, NodeIntent()))
        for key, loss in after.losses.items():
            if before.losses.get(key) != loss and (loss.declared or not self._election.leads):
                self._rescheduler.undone(loss)
        for key, loss in before.losses.items():
            if key not in after.losses:
                self._rescheduler.forgotten(key, loss.engine)
        for key in after.tombstones.keys() - before.tombstones.keys():
            stone = after.tombstones[key]
            owner = self._fleet.state.roster.owner(stone.engine_id)
            if owner is not None and key in owner.containers:
                self._hide(owner, key, given_up=not stone.replacement)

    def _wanted(self, key: str, wanted: NodeIntent) -> None:
        engine = self._fleet.state.engines.get(key)
        if engine is None:
            return
        if engine.cordoned != wanted.cordoned:
            self._fleet.state.dispatch(news.EngineCordoned(key, wanted.cordoned))
        if engine.operator_labels != wanted.labels:
            self._fleet.state.dispatch(news.EngineLabelled(key, wanted.labels))
        self._drainer.wanted(key)

    def _hide(self, engine: Engine, container_id: str, *, given_up: bool) -> None:
        """An old copy is seen by nobody; the leader itself says so when the new one runs."""
        if given_up:
            self._rescheduler.forgotten(container_id, engine.key)
        if given_up or not self._election.leads:
            self._fleet.state.dispatch(news.ContainerGone(engine.key, container_id))
