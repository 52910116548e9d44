from swarmd.api.operators.port_metrics import port_families
from swarmd.cluster.publishing.frontend import Port
from swarmd.cluster.publishing.shown_ports import ShownPorts
from tests.cluster.publishing.rig import container, engine, table


def test_each_port_has_its_counts() -> None:
    assert list(port_families(None)) == []
    shown = ShownPorts(table())
    shown.table.put(engine(), container("a", (80, 8080)))
    shown.table.frontends[Port(8080, "tcp")].counts.update(connections=3, sent=7)
    found = {
        (sample.name, sample.labels.get("port", "")): sample.value
        for family in port_families(shown)
        for sample in family.samples
    }
    assert found["swarmd_port_connections_total", "8080/tcp"] == 3
    assert found["swarmd_port_sent_bytes_total", "8080/tcp"] == 7
    assert found["swarmd_port_open_connections", "8080/tcp"] == 0
    assert found["swarmd_ports_unmet", ""] == 0
    assert shown.summary == "1 at 192.0.2.1"
