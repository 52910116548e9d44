"""``GET /swarmd/metrics``: the fleet, client connections and this process, for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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
from twisted.web.http import RESPONSES

from swarmd import __version__
from swarmd.api.operators.agreement_metrics import agreement_families
from swarmd.api.operators.port_metrics import port_families
from swarmd.certificates.expiry import Expiry
from swarmd.cluster.views.metrics import families
from swarmd.core.index.histogram import Histogram
from swarmd.core.request.version import show
from swarmd.front.client_site import ClientSite
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.create import OUTCOMES
from swarmd.manager.fleet.fleet import Fleet
from swarmd.streams.reactor_lag import REACTOR_LAG


class Metrics:
    """The route ``GET /swarmd/metrics``, for Prometheus.

    Nothing is collected before somebody asks; a family is made when the one before is sent.

    Args:
        site: Whose clients it counts; None for that by which it is asked.
    """

    def __init__(self, fleet: Fleet, site: ClientSite[DockerRequest] | None = None) -> None:
        self._fleet = fleet
        self._site = site
        self._process = ProcessCollector(registry=None)

    def metrics(self, request: DockerRequest) -> None:
        door = _connections(self._site or request.site)
        of_all = chain(self._own(), door, families(self._fleet.state))
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
        yield _gauge(
            "swarmd_notices",
            "What docker info says is wrong with swarmd.",
            len(self._fleet.notices()),
        )
        yield _failed_calls(self._fleet)
        yield _placements(self._fleet)
        yield from agreement_families(self._fleet.agreement())
        yield from port_families(self._fleet.state.catalogue.ports)


def _connections(site: ClientSite[DockerRequest]) -> Iterator[Metric]:
    yield _gauge("swarmd_connections", "Client connections.", site.connections)
    yield _gauge("swarmd_connections_limit", "--max-connections.", site.max_connections)
    requests = CounterMetricFamily("swarmd_requests", "Requests answered.", labels=("method",))
    for method, count in sorted(site.requests.items()):
        requests.add_metric((method,), count)
    yield requests
    answers = CounterMetricFamily("swarmd_answers", "Answers by status.", labels=("code",))
    for status, count in _by_status(site.answers):
        answers.add_metric((status,), count)
    yield answers
    yield _waits(site)
    errors = CounterMetricFamily("swarmd_errors", "Errors that swarmd answered.", labels=("code",))
    for code, count in sorted(site.errors.items()):
        errors.add_metric((str(code),), count)
    yield errors
    if site.audit is not None:
        yield CounterMetricFamily("swarmd_audit", "Audit lines written.", site.audit.written)
        yield CounterMetricFamily("swarmd_audit_lost", "Audit lines lost.", site.audit.lost)
    if site.access is not None:
        yield CounterMetricFamily("swarmd_access", "Access lines written.", site.access.written)
        yield CounterMetricFamily("swarmd_access_lost", "Access lines lost.", site.access.lost)


def _by_status(answers: Mapping[int, int]) -> list[tuple[str, int]]:
    """An engine that is no engine could invent nine hundred."""
    found: Counter[str] = Counter()
    for status, count in answers.items():
        found[str(status) if status in RESPONSES else "other"] += count
    return sorted(found.items())


def _waits(site: ClientSite[DockerRequest]) -> Metric:
    words = "From the head of a request to the head of its answer, which may be an engine's."
    family = HistogramMetricFamily("swarmd_time_to_first_byte_seconds", words, labels=("method",))
    for method, histogram in sorted(site.waits.items()):
        family.add_metric((method,), _buckets(histogram), histogram.total)
    return family


def _reactor_lag() -> Metric:
    words = "How long one turn held the reactor: meanwhile nobody else is served."
    family = HistogramMetricFamily("swarmd_reactor_turn_seconds", words)
    family.add_metric((), _buckets(REACTOR_LAG), REACTOR_LAG.total)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, int]]:
    return [(floatToGoString(bound), count) for bound, count in histogram.up_to()]


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


def _failed_calls(fleet: Fleet) -> Metric:
    words = "Calls to a node that came to no answer, or to half of one; health checks, too."
    family = CounterMetricFamily("swarmd_node_failed_calls", words, labels=("node",))
    for node, count in fleet.failed_calls():
        family.add_metric((node,), count)
    return family


def _placements(fleet: Fleet) -> Metric:
    words = "Creates by outcome: created, no_image, no_node (none would do), refused or failed."
    family = CounterMetricFamily("swarmd_placements", words, labels=("outcome",))
    for outcome in OUTCOMES:
        family.add_metric((outcome,), fleet.placements[outcome])
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
