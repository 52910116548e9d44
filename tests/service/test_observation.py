from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock

from swarmd.codec.head import scan_response
from swarmd.config.observability import Observability
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.service.daemon import Swarmd
from swarmd.service.observation import MOST_SCRAPERS
from swarmd.service.request_logs import RequestLogs
from swarmd.service.wiring import make_service
from tests.front.memory import Transport

SETTINGS = Settings("nodes://10.0.0.1:2375", listen=("tcp://127.0.0.1:2375",))
BESIDE = ("tcp://127.0.0.1:9323",)


def started(**wanted: Any) -> tuple[Swarmd, list[DockerSite]]:
    """A daemon that does not run yet, and the sites behind its ports."""
    reactor = MemoryReactorClock()
    settings = replace(SETTINGS, observability=Observability(**wanted))
    daemon = make_service(settings, reactor)
    daemon.privilegedStartService()
    return daemon, [server[1] for server in reactor.tcpServers]


def asked(site: DockerSite, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    channel = site.buildProtocol(None)
    transport = Transport()
    assert channel is not None
    channel.makeConnection(transport)
    channel.dataReceived(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    scanned = scan_response(transport.value())
    assert scanned is not None
    return scanned[0].status, transport.value()[scanned[1] :]


def test_beside_the_api_nothing_is_opened_unless_it_is_asked_for() -> None:
    _, sites = started()
    assert len(sites) == 1
    assert asked(sites[0], "/readyz") == (503, b"waiting\n")
    assert asked(sites[0], "/metrics")[0] == 404


def test_beside_the_api_there_are_metrics_and_probes_and_nothing_else() -> None:
    _, (_, beside) = started(metrics_listen=BESIDE)
    assert beside.max_connections == MOST_SCRAPERS
    assert asked(beside, "/healthz", "any.example") == (200, b"ok\n")
    status, body = asked(beside, "/metrics")
    assert status == 200 and b"swarmd_connections_limit 10000.0" in body
    for path in ("/", "/info", "/containers/json", "/swarmd/metrics", "/swarmd/nodes", "/_ping"):
        assert asked(beside, path)[0] == 404


def test_no_page_reads_metrics_by_a_name_of_its_own() -> None:
    daemon, (_, beside) = started(metrics_listen=BESIDE)
    assert asked(beside, "/metrics", "evil.example")[0] == 403
    daemon.live.change(replace(SETTINGS, allow_hosts=("good.example",)))
    assert asked(beside, "/metrics", "good.example")[0] == 200


def test_how_many_nodes_are_enough_may_change() -> None:
    daemon, (site,) = started()
    daemon.live.change(replace(SETTINGS, observability=Observability(ready_nodes=0)))
    assert asked(site, "/readyz") == (200, b"ready\n")


def test_both_sites_have_the_access_log(tmp_path: Path) -> None:
    place = str(tmp_path / "access")
    daemon, sites = started(metrics_listen=BESIDE, access_log=place)
    logs = next(iter(daemon))
    assert isinstance(logs, RequestLogs)  # what ends last is the first part
    assert [site.access for site in sites] == [logs.access, logs.access] != [None, None]
    daemon.live.change(SETTINGS)
    assert [site.access for site in sites] == [None, None]


def test_traces_are_begun_where_that_is_asked_for() -> None:
    daemon, (site,) = started()
    assert not site.trace_requests
    daemon.live.change(replace(SETTINGS, observability=Observability(trace_requests=True)))
    assert site.trace_requests
