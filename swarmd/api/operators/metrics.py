"""``GET /swarmd/metrics``: the fleet, client connections and this process, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from prometheus_client import CONTENT_TYPE_LATEST, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry
from prometheus_client.utils import floatToGoString

from swarmd import __version__
from swarmd.certificates.expiry import Expiry
from swarmd.cluster.views.metrics import families
from swarmd.core.request.version import show
from swarmd.front.client_site import ClientSite
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet
from swarmd.streams.reactor_lag import REACTOR_LAG


class Metrics:
    """The route ``GET /swarmd/metrics``, for Prometheus.

    Nothing is collected before somebody asks; a family is made when the one before is sent.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._process = ProcessCollector(registry=None)

    def metrics(self, request: DockerRequest) -> None:
        of_all = chain(self._own(), _connections(request.site), families(self._fleet.state))
        pieces = (generate_latest(_One(family)) for family in of_all)
        request.reply_pieces(200, pieces, CONTENT_TYPE_LATEST.encode())

    def _own(self) -> Iterator[Metric]:
        yield from self._process.collect()
        info = InfoMetricFamily("swarmd", "This swarmd.")
        info.add_metric((), {"version": __version__, "api_version": show(self._fleet.api_version)})
        yield info
        yield _reactor_lag()
        yield _gauge("swarmd_event_listeners", "Clients on events.", self._fleet.hub.listeners)
        yield _ends(self._fleet.expiring())
        yield _bad_files(self._fleet)


def _connections(site: ClientSite[DockerRequest]) -> Iterator[Metric]:
    yield _gauge("swarmd_connections", "Client connections.", site.connections)
    yield _gauge("swarmd_connections_limit", "--max-connections.", site.max_connections)
    requests = CounterMetricFamily("swarmd_requests", "Requests answered.", labels=("method",))
    for method, count in sorted(site.requests.items()):
        requests.add_metric((method,), count)
    yield requests
    errors = CounterMetricFamily("swarmd_errors", "Errors that swarmd answered.", labels=("code",))
    for code, count in sorted(site.errors.items()):
        errors.add_metric((str(code),), count)
    yield errors
    if site.audit is not None:
        yield CounterMetricFamily("swarmd_audit", "Audit lines written.", site.audit.written)
        yield CounterMetricFamily("swarmd_audit_lost", "Audit lines lost.", site.audit.lost)


def _reactor_lag() -> Metric:
    words = "How long one turn held the reactor: meanwhile nobody else is served."
    family = HistogramMetricFamily("swarmd_reactor_turn_seconds", words)
    buckets = [(floatToGoString(bound), count) for bound, count in REACTOR_LAG.up_to()]
    family.add_metric((), buckets, REACTOR_LAG.total)
    return family


def _ends(expiries: Iterable[Expiry]) -> Metric:
    words = "When a certificate, or a list of revoked ones, ends: seconds since the epoch."
    family = GaugeMetricFamily("swarmd_certificate_not_after_seconds", words, labels=("what",))
    earliest: dict[str, float] = {}
    for one in expiries:
        end = one.not_after.timestamp()
        earliest[one.what] = min(end, earliest.get(one.what, end))
    for what, end in sorted(earliest.items()):
        family.add_metric((what,), end)
    return family


def _bad_files(fleet: Fleet) -> Metric:
    words = "Files that cannot be used as they are now; what was read before still counts."
    family = GaugeMetricFamily("swarmd_bad_files", words, labels=("kind",))
    for kind, problems in sorted(fleet.bad_files.items()):
        family.add_metric((kind,), len(problems()))
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, words)
    family.add_metric((), value)
    return family


class _One(CollectorRegistry):
    """A registry of one family."""

    def __init__(self, family: Metric) -> None:
        super().__init__(auto_describe=False)
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family
