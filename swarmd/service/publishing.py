"""Puts together what publishes ports at swarmd's own addresses, if that is asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from swarmd.cluster.publishing.port_table import PortTable
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.config.settings import Settings
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_containers
from swarmd.publishing.limits import OF_ALL
from swarmd.publishing.news import PortNews
from swarmd.publishing.publisher import Publisher
from swarmd.service.process.open_files import clients_within, raise_limit

_log = Logger()


def make_publishers(
    settings: Settings, reactor: Any, fleet: Fleet, daemon: MultiService
) -> list[Publisher]:
    """A part of the daemon; none where ports answer at their nodes alone."""
    at = settings.publish
    if not at.addresses:
        return []
    most = affordable_connections(raise_limit(), settings.max_connections)
    publisher = Publisher(reactor, at.addresses, most)
    table = PortTable(at.addresses, at.first, at.last, publisher)
    PortNews(fleet.state, ShownPorts(table), reactor, partial(_settle, fleet))
    publisher.setServiceParent(daemon)
    return [publisher]


def affordable_connections(descriptors: int, clients: int) -> int:
    """How many connections may be relayed at a time, beside so many of the API's clients.

    Those are seldom all there: where it is not enough for both, half of it is for ports.
    """
    streams = clients_within(descriptors, descriptors)
    return min(OF_ALL, max(streams - clients, streams // 2, 1))


def _settle(fleet: Fleet, key: str) -> None:
    """Nobody waits for it."""
    engine = fleet.state.engines.get(key)
    if engine is not None and engine.healthy and engine.dirty:
        settled = Deferred.fromCoroutine(settle_containers(fleet, [engine]))
        settled.addErrback(lambda failure: _log.failure("ports were not looked at", failure))
