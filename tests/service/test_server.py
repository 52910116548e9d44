from pathlib import Path
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.testing import MemoryReactorClock

from swarmd.audit.recorder import Recorder
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.service.wiring import make_service
from swarmd.tls.half_close import ServerTLSFactory
from swarmd.tls.trust import TlsFiles
from tests.lab.certificates import Authority


def listened_with(**wanted: Any) -> tuple[MultiService, list[Any]]:
    """The daemon, and the factory behind each of its ports."""
    reactor = MemoryReactorClock()
    daemon = make_service(Settings("nodes://10.0.0.1:2375", **wanted), reactor)
    daemon.privilegedStartService()
    return daemon, [server[1] for server in reactor.tcpServers]


def test_every_address_has_the_same_site() -> None:
    _, (one, other) = listened_with(listen=("tcp://127.0.0.1:2375", "tcp://127.0.0.2:2375"))
    assert isinstance(one, DockerSite)
    assert one is other


def test_with_tls_the_site_stands_behind_it(tmp_path: Path) -> None:
    ours = Authority(tmp_path / "tls").issue("front")
    files = TlsFiles(str(ours.ca), str(ours.cert), str(ours.key), True)
    _, (factory,) = listened_with(listen=("tcp://127.0.0.1:2376",), tls=files)
    assert isinstance(factory, ServerTLSFactory)
    assert isinstance(factory.wrappedFactory, DockerSite)


def test_an_audit_log_is_kept_if_it_has_a_place(tmp_path: Path) -> None:
    _, (without,) = listened_with()
    assert isinstance(without, DockerSite) and without.audit is None
    _, (site,) = listened_with(listen=("tcp://127.0.0.1:2375",), audit_log=str(tmp_path / "audit"))
    assert isinstance(site, DockerSite) and isinstance(site.audit, Recorder)
