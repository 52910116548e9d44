"""Puts together what several swarmds share: membership, the leader, the operators' book."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.application.service import MultiService
from twisted.logger import Logger

from swarmd import __version__
from swarmd.cluster.views.info import FleetIdentity, ManagersSeen
from swarmd.config.settings import Settings
from swarmd.config.store_options import StoreOptions
from swarmd.core.agreement import Agreement
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.membership.book_items import BookItems
from swarmd.manager.membership.drain_reports import DrainReports
from swarmd.manager.membership.election import Election
from swarmd.manager.membership.managers import ManagerRecord, Managers
from swarmd.manager.membership.membership import Membership
from swarmd.manager.membership.shared_book import SharedBook
from swarmd.manager.nodes.operator_state import NAME, Book, read_book
from swarmd.store.interfaces import Store
from swarmd.store.opening import open_store

_TAKEN = f"{NAME}.in-store"  # what the file is called once the store has what it said

_log = Logger()


class Sharing(MultiService):
    """What this swarmd shares with others.

    Raises:
        ValueError: The state file cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        options: StoreOptions,
        store: Store,
        reactor: Any,
        now: Callable[[], float],
        rng: random.Random,
    ) -> None:
        super().__init__()
        member_id = f"{rng.getrandbits(64):016x}"
        self.membership = Membership(store, reactor, now, rng.random, member_id, options.ttl)
        self.election = Election(self.membership, reactor)
        path = Path(settings.state_dir, NAME) if settings.state_dir else None
        self.book = SharedBook(
            self.membership,
            self.election,
            BookItems(options.seal()),
            _inherited(path),
            lambda: _taken(path),
        )
        self.reports = DrainReports(self.membership)
        address = options.advertise or ", ".join(settings.listen)
        record = ManagerRecord(member_id, socket.gethostname(), address, __version__, now())
        self.managers = Managers(self.membership, self.election, reactor, record)
        self.managers.periodic.setServiceParent(self)
        self.membership.setServiceParent(self)

    def attach(self, fleet: Fleet, identity: FleetIdentity) -> None:
        """What is told of it in ``docker info``."""
        fleet.notices.add(self.notices)
        fleet.agreement = self.agreement
        ready = fleet.ready
        fleet.ready = lambda: self.membership.joined and ready()
        identity.managers = self.seen

    def claim(self, fleet: Fleet, creator: Creator, local: LocalResources) -> None:
        """From now on what is made is claimed first."""
        claimant = Claimant(fleet, local, self.membership, self.membership.id)
        self.membership.joining.append(claimant.join)
        self.managers.claims = lambda: len(claimant.own)
        creator.agree(claimant)
        claimant.setServiceParent(self)

    def seen(self) -> ManagersSeen:
        """The rows of ``docker info``."""
        leader = self.managers.leader()
        role = "primary" if self.election.leads else "replica"
        rows = [(one.address, self._words(one)) for one in self.managers.records()]
        return ManagersSeen(role, leader.address if leader else "none, for now", rows)

    def _words(self, one: ManagerRecord) -> str:
        marks = ["leads"] if one.id == self.election.leader else []
        marks += ["this one"] if one.id == self.managers.own.id else []
        return f"swarmd {one.version} on {one.host}" + "".join(f", {mark}" for mark in marks)

    def agreement(self) -> Agreement:
        """For metrics."""
        membership, election = self.membership, self.election
        return Agreement(
            membership.joined,
            election.leads,
            len(self.managers.records()),
            membership.sessions,
            election.terms,
            membership.commits,
            membership.conflicts,
            membership.failures,
            membership.times,
        )

    def notices(self) -> list[str]:
        return [*self.membership.notices(), *self.book.notices()]

    def elsewhere(self) -> str:
        """Who leads, in words; "" if this one does."""
        if self.election.leads:
            return ""
        if not self.membership.joined:
            return "swarmds cannot agree on who leads them"
        leader = self.managers.leader()
        return (
            f"{leader.host} ({leader.address}) leads the swarmds" if leader else "no swarmd leads"
        )


def make_sharing(
    settings: Settings, reactor: Any, now: Callable[[], float], rng: random.Random
) -> Sharing | None:
    """None where this swarmd is alone."""
    options = settings.sharing
    if options is None:
        return None
    store = open_store(reactor, options.store, options.access)
    return Sharing(settings, options, store, reactor, now, rng)


def _inherited(path: Path | None) -> Book | None:
    """What a swarmd without a store has left."""
    book = read_book(path) if path is not None else Book()
    return book if book != Book() else None


def _taken(path: Path | None) -> None:
    """Once: what is decided from now on is in the store alone."""
    if path is None:
        return
    try:
        os.replace(path, path.with_name(_TAKEN))
    except OSError as error:
        _log.warn(
            "{path} is in the store, but not renamed: {error}", path=path, error=error.strerror
        )
    else:
        _log.info("{path} was taken into the store", path=path)
