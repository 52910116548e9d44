from __future__ import annotations

from twisted.application.service import MultiService

from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.config.settings import Settings
from swarmd.publishing.addresses import PublishAt
from swarmd.publishing.news import SOON
from swarmd.service.publishing import affordable_connections, make_publishers
from tests.cluster.fleet import happened
from tests.manager.rig import Rig


def test_without_addresses_nothing_is_published() -> None:
    rig = Rig(1)
    assert make_publishers(Settings("nodes://a"), rig.clock, rig.fleet, MultiService()) == []
    assert rig.state.catalogue.ports is None


def test_connections_have_the_descriptors_that_clients_leave_or_half_of_them() -> None:
    assert affordable_connections(1 << 20, 10_000) == 10_000
    assert affordable_connections(30_064, 10_000) == 7_500
    assert affordable_connections(20_064, 10_000) == 5_000
    assert affordable_connections(10, 10_000) == 1


def test_an_engine_is_asked_what_a_start_has_brought() -> None:
    rig = Rig(1)
    settings = Settings("nodes://a", publish=PublishAt(("127.0.0.1",)))
    daemon = MultiService()
    (publisher,) = make_publishers(settings, rig.clock, rig.fleet, daemon)
    assert list(daemon) == [publisher] and publisher.connections == 0
    assert isinstance(rig.state.catalogue.ports, ShownPorts)
    wire = rig.wires["node-1"]
    happened(rig.state, 1, "start")
    before = len(wire.asked)
    rig.clock.advance(SOON)
    assert [path for _, path in wire.asked[before:] if "/containers/json" in path]
