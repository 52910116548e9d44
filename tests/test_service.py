import random
from pathlib import Path
from typing import Any

import pytest
from twisted.application.service import Application, IServiceCollection
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver

from swarmd.logs import observer
from swarmd.service import make_service
from swarmd.settings import Settings


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("10.0.0.1:2375 zone=a\n10.0.0.2:2375\n")
    return path


def test_it_listens_and_dials_every_engine_and_leaves_nothing(hosts: Path) -> None:
    reactor = MemoryReactorClock()
    settings = Settings(f"file://{hosts}", listen=("tcp://127.0.0.1:2375",))
    daemon = make_service(settings, reactor, now=lambda: 5.0, chance=random.Random(1))
    daemon.privilegedStartService()
    daemon.startService()
    reactor.advance(5)
    (server,) = reactor.tcpServers
    assert (server[0], server[3]) == (2375, "127.0.0.1")
    assert {client[:2] for client in reactor.tcpClients} == {("10.0.0.1", 2375), ("10.0.0.2", 2375)}
    assert daemon.stopService().called
    assert reactor.getDelayedCalls() == []


def test_discovery_can_be_found_for_a_signal(hosts: Path) -> None:
    daemon = make_service(Settings(f"file://{hosts}"), MemoryReactorClock())
    source: Any = daemon.getServiceNamed("discovery")
    source.reread()


def test_the_application_gets_our_log(hosts: Path) -> None:
    import io

    log = observer("info", io.StringIO())
    application = Application("swarmd")
    daemon = make_service(Settings(f"file://{hosts}"), MemoryReactorClock(), log=log)
    daemon.setServiceParent(application)
    assert application.getComponent(ILogObserver) is log
    assert list(IServiceCollection(application)) == [daemon]
