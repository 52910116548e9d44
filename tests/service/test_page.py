from __future__ import annotations

import random

from twisted.internet.testing import MemoryReactorClock

from swarmd.codec.head import scan_response
from swarmd.config.settings import Settings
from swarmd.service.wiring import make_service
from tests.front.memory import Transport
from tests.ui.rig import PageRig


def status(path: str, *, ui: bool) -> int:
    reactor = MemoryReactorClock()
    settings = Settings("nodes://192.0.2.1", listen=("tcp://127.0.0.1:2375",), ui=ui)
    daemon = make_service(settings, reactor, rng=random.Random(0))
    daemon.privilegedStartService()
    [(_, site, *_)] = reactor.tcpServers
    channel, transport = site.buildProtocol(None), Transport()
    channel.makeConnection(transport)
    channel.dataReceived(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    scanned = scan_response(transport.value())
    assert scanned is not None
    return scanned[0].status


def test_the_page_is_there_unless_it_is_off() -> None:
    for path in ("/swarmd/", "/v1.41/swarmd/", "/swarmd/ui/containers"):
        assert status(path, ui=True) == 200, path
        assert status(path, ui=False) == 404, path
    assert status("/swarmd/nodes", ui=False) == 200


def test_errors_of_engines_come_with_what_helps() -> None:
    rig = PageRig()
    rig.fleet.lose(1)
    engine = rig.fleet.state.engines["10.0.0.1:2375"]
    assert engine.error == "it is dead"
    assert "it is dead" in rig.page("/swarmd/")[1].text
