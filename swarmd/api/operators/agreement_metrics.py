"""The metrics of one of several swarmds: session, lead, commits."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.utils import floatToGoString

from swarmd.core.agreement import Agreement


def agreement_families(found: Agreement | None) -> Iterator[Metric]:
    """Nothing of a swarmd that is alone."""
    if found is None:
        return
    words = "Whether the session with the store is held, and what is shared was read."
    yield GaugeMetricFamily("swarmd_store_joined", words, value=float(found.joined))
    yield GaugeMetricFamily("swarmd_leads", "Whether this swarmd leads.", value=float(found.leads))
    yield GaugeMetricFamily("swarmd_managers", "Swarmds of this fleet.", value=found.managers)
    counts = (
        ("swarmd_store_sessions", "Sessions begun.", found.sessions),
        ("swarmd_terms", "How often this swarmd began to lead.", found.terms),
        ("swarmd_store_commits", "Commits tried.", found.commits),
        ("swarmd_store_conflicts", "Commits that did not hold.", found.conflicts),
        ("swarmd_store_failures", "Commits without an answer.", found.failures),
    )
    for name, about, count in counts:
        yield CounterMetricFamily(name, about, value=count)
    family = HistogramMetricFamily("swarmd_store_commit_seconds", "How long commits took.")
    buckets = [(floatToGoString(bound), count) for bound, count in found.times.up_to()]
    family.add_metric((), buckets, found.times.total)
    yield family
