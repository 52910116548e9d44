"""What Prometheus is told of published ports, where swarmd publishes them."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from swarmd.cluster.publishing.port_table import PortTable
from swarmd.cluster.publishing.shown_ports import ShownPorts

# Name, what it says, and the total that it is of a frontend; each has the label ``port``.
_COUNTS = (
    ("connections", "Connections, or UDP peers, that were taken.", "connections"),
    ("refused", "Connections that were not, or led nowhere.", "refused"),
    ("received_bytes", "Bytes of clients.", "received"),
    ("sent_bytes", "Bytes for clients.", "sent"),
)


def port_families(shown: ShownPorts | None) -> Iterator[Metric]:
    """None without ``--publish``."""
    if shown is None:
        return
    table = shown.table
    unmet = GaugeMetricFamily(
        "swarmd_ports_unmet", "Containers with a published port that another has."
    )
    unmet.add_metric((), len(table.unmet))
    yield unmet
    words = "Connections that are open."
    opened = GaugeMetricFamily("swarmd_port_open_connections", words, labels=("port",))
    for port, frontend in sorted(table.frontends.items()):
        opened.add_metric((str(port),), frontend.connections)
    yield opened
    yield from _counters(table)


def _counters(table: PortTable) -> Iterator[Metric]:
    for name, words, key in _COUNTS:
        family = CounterMetricFamily(f"swarmd_port_{name}", words, labels=("port",))
        for port, frontend in sorted(table.frontends.items()):
            family.add_metric((str(port),), frontend.counts[key])
        yield family
