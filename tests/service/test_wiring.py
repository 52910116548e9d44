import random
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from swarmd.config.settings import Settings
from swarmd.service.wiring import make_service
from swarmd.tls.trust import TlsFiles, Trust
from tests.lab.certificates import Authority


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("10.0.0.1:2375 zone=a\n10.0.0.2:2375\n")
    return path


def test_it_listens_and_dials_every_engine_and_leaves_nothing(hosts: Path) -> None:
    reactor = MemoryReactorClock()
    settings = Settings(f"file://{hosts}", listen=("tcp://127.0.0.1:2375",))
    daemon = make_service(settings, reactor, now=lambda: 5.0, rng=random.Random(1))
    daemon.privilegedStartService()
    daemon.startService()
    reactor.advance(5)
    (server,) = reactor.tcpServers
    assert (server[0], server[3]) == (2375, "127.0.0.1")
    assert {client[:2] for client in reactor.tcpClients} == {("10.0.0.1", 2375), ("10.0.0.2", 2375)}
    assert daemon.stopService().called
    assert reactor.getDelayedCalls() == []


def test_a_signal_has_every_part_read_its_files_again(
    hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Authority(tmp_path / "tls").issue("front")
    files = TlsFiles(str(ours.ca), str(ours.cert), str(ours.key), True)
    settings = Settings(f"file://{hosts}", tls=files, engine_tls=files)
    daemon = make_service(settings, MemoryReactorClock())
    read: list[str] = []
    monkeypatch.setattr(Trust, "read", lambda trust: read.append(trust.files.cert))
    source: Any = daemon.getServiceNamed("discovery")
    monkeypatch.setattr(source, "reread", lambda: read.append("hosts"))
    daemon.reread()
    assert sorted(read) == sorted(["hosts", files.cert])
