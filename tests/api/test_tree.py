"""Every route of the API has an answer of its own, whatever state the fleet is in."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from twisted.internet.testing import MemoryReactorClock

from swarmd.codec.head import scan_response
from swarmd.config.settings import Settings
from swarmd.service.wiring import make_service
from tests.front.memory import Transport

# All paths of API 1.44 to 1.51, with the routes that the definitions leave out.
ROUTES = """
DELETE /configs/x /containers/x /images/x /networks/x /nodes/x /plugins/x /secrets/x /services/x
DELETE /volumes/x
GET /_ping /configs /configs/x /containers/json /containers/x/archive /containers/x/attach/ws
GET /containers/x/changes /containers/x/export /containers/x/json /containers/x/logs
GET /containers/x/stats /containers/x/top /distribution/x/json /events /exec/x/json /images/get
GET /images/json /images/search /images/x/get /images/x/history /images/x/json /info /networks
GET /networks/x /nodes /nodes/x /plugins /plugins/privileges /plugins/x/json /secrets /secrets/x
GET /services /services/x /services/x/logs /swarm /swarm/unlockkey /system/df /tasks /tasks/x
GET /tasks/x/logs /version /volumes /volumes/x
HEAD /_ping /containers/x/archive
POST /auth /build /build/cancel /build/prune /commit /configs/create /configs/x/update
POST /containers/create /containers/prune /containers/x/attach /containers/x/exec
POST /containers/x/kill /containers/x/pause /containers/x/rename /containers/x/resize
POST /containers/x/restart /containers/x/start /containers/x/stop /containers/x/unpause
POST /containers/x/update /containers/x/wait /exec/x/resize /exec/x/start /grpc /images/create
POST /images/load /images/prune /images/x/push /images/x/tag /networks/create /networks/prune
POST /networks/x/connect /networks/x/disconnect /nodes/x/update /plugins/create /plugins/pull
POST /plugins/x/disable /plugins/x/enable /plugins/x/push /plugins/x/set /plugins/x/upgrade
POST /secrets/create /secrets/x/update /services/create /services/x/update /session /swarm/init
POST /swarm/join /swarm/leave /swarm/unlock /swarm/update /volumes/create /volumes/prune
PUT /containers/x/archive /volumes/x
"""
CALLS = [
    (method, path)
    for line in ROUTES.split("\n")
    if line
    for method, *paths in [line.split()]
    for path in paths
]


def make_site() -> Any:
    """Of a daemon that knows one engine, which does not answer."""
    reactor = MemoryReactorClock()
    settings = Settings("nodes://192.0.2.1", listen=("tcp://127.0.0.1:2375",))
    daemon = make_service(settings, reactor, chance=random.Random(0))
    daemon.privilegedStartService()
    [(_, site, *_)] = reactor.tcpServers
    return site


SITE = make_site()


def answer_of(method: str, path: str) -> tuple[int, bytes]:
    channel = SITE.buildProtocol(None)
    transport = Transport()
    channel.makeConnection(transport)
    channel.dataReceived(f"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    scanned = scan_response(transport.value())
    assert scanned is not None, "no answer"
    return scanned[0].status, transport.value()[scanned[1] :]


@pytest.mark.parametrize("version", ["", "/v1.44"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_is_an_unknown_page(method: str, path: str, version: str) -> None:
    status, body = answer_of(method, version + path)
    assert b"page not found" not in body
    if status >= 400 and method != "HEAD":
        assert orjson.loads(body)["message"]
