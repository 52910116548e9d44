"""Puts together what watches swarmd: probes, logs of requests, the listener for metrics."""

from __future__ import annotations

from typing import Any

from twisted.application.service import MultiService

from swarmd.api.operators.metrics import Metrics
from swarmd.api.operators.probes import Probes
from swarmd.api.routing.resource import Noun
from swarmd.config.own_names import own_names
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.startup_gate import StartupGate
from swarmd.manager.nodes.readiness import Readiness
from swarmd.service.process.listen import listen
from swarmd.service.process.listeners import Listeners
from swarmd.service.request_logs import RequestLogs

# Connections to the metrics listener at one time; its crowd must not take the API's descriptors.
MOST_SCRAPERS = 64


class Observation(MultiService):
    """What watches swarmd from outside; says whether the fleet is ready."""

    def __init__(
        self, settings: Settings, fleet: Fleet, startup: StartupGate, logs: RequestLogs
    ) -> None:
        super().__init__()
        self._settings = settings
        self._fleet = fleet
        self._ready = Readiness(
            lambda: not startup.closed and all(each.successor is None for each in self._sites),
            fleet.state.engines.values,
            settings.observability.ready_nodes,
        )
        fleet.ready = self._ready
        self.listeners: list[Listeners] = []
        self._sites: list[DockerSite] = []
        self._logs = logs
        self._metrics_site: DockerSite | None = None

    def observe(self, reactor: Any, site: DockerSite) -> None:
        """Of ``site``, the API's: what is asked there is logged and counted."""
        self._sites.append(site)
        addresses = self._settings.observability.metrics_listen
        if addresses:
            self._metrics_site = beside = self._make_site(reactor, site)
            self._sites.append(beside)
            opened = Listeners(
                addresses, lambda at, given: listen(reactor, at, beside, None, given), beside.leave
            )
            opened.setServiceParent(self)
            self.listeners.append(opened)
        self._fleet.notices.add(self._logs.notices)
        self.change(self._settings)

    def _make_site(self, reactor: Any, site: DockerSite) -> DockerSite:
        root = Noun()
        root.add("metrics", GET=Metrics(self._fleet, site).metrics)
        Probes(self._fleet).attach(root)
        return DockerSite(
            root,
            reactor,
            site.common_headers,
            max_connections=MOST_SCRAPERS,
            refused=site.refused,
            names=self._names(self._settings),
        )

    def _names(self, new: Settings) -> set[str]:
        """By which the metrics listener is asked."""
        return own_names(self._settings.observability.metrics_listen) | set(new.allow_hosts)

    def change(self, new: Settings) -> None:
        """Settings that may change while it runs; the logs have changed before."""
        observability = new.observability
        self._ready.wanted = observability.ready_nodes
        for site in self._sites:
            site.trace_requests = observability.trace_requests
            site.access = self._logs.access
        self._sites[0].audit = self._logs.audit
        if self._metrics_site is not None:
            self._metrics_site.answer_to(self._names(new))
