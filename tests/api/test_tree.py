"""Every route of the API has an answer of its own, whatever state the fleet is in."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.web.resource import Resource

from swarmd.api.container_actions import RULES
from swarmd.api.routing.resource import Noun, Route
from swarmd.api.unsupported import SWARM_MODE
from swarmd.authz.rights import UNKNOWN, classify
from swarmd.codec.head import scan_response
from swarmd.config.settings import Settings
from swarmd.core.request.routes import ROUTES as TABLED
from swarmd.core.request.routes import ApiRoute
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
    daemon = make_service(settings, reactor, rng=random.Random(0))
    daemon.privilegedStartService()
    [(_, site, *_)] = reactor.tcpServers
    return site


SITE = make_site()


def answer_of(method: str, path: str) -> tuple[int, bytes]:
    channel = SITE.buildProtocol(None)
    transport = Transport()
    channel.makeConnection(transport)
    channel.dataReceived(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    scanned = scan_response(transport.value())
    assert scanned is not None, "no answer"
    assert scanned[0].status != 403, "it did not come to the tree"
    return scanned[0].status, transport.value()[scanned[1] :]


def path_of(route: ApiRoute) -> str:
    """Of some thing, or of some verb of some node."""
    name = "x/drain" if f"{route.methods} {route.path}" == "POST swarmd/nodes/*" else "x"
    name = "x/page.css" if "static" in route.path else name
    return "/" + route.path.replace("*", name).replace("+", "x")


# Only where there is a policy.
TABLE = [route for route in TABLED if route.path != "swarmd/policy"]


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.methods} {route.path}")
def test_each_route_of_the_table_is_in_the_tree(route: ApiRoute) -> None:
    for method in route.methods.split():
        assert b"page not found" not in answer_of(method, path_of(route))[1]


# What is refused to everybody, whatever follows.
REFUSED = (*SWARM_MODE, "plugins")
NAMED = {path_of(route) for route in TABLE if route.path.split("/")[0] not in REFUSED}


@pytest.mark.parametrize("path", sorted(path for path in NAMED if not path.endswith("/")))
def test_each_method_that_the_tree_knows_is_in_the_table(path: str) -> None:
    """What is not is denied to all but administrators where there is a policy."""
    segments = path[1:].split("/")
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        status, body = answer_of(method, path)
        missing = status == 404 and (method == "HEAD" or b"page not found" in body)
        swarms = method == "PUT" and segments[0] == "volumes"  # of cluster volumes, and refused
        assert missing or swarms or classify(method, segments) != UNKNOWN, method


@pytest.mark.parametrize(("method", "action"), [(m.decode(), action) for m, action in RULES])
def test_each_action_on_a_container_is_in_the_table(method: str, action: str) -> None:
    assert classify(method, ["containers", "x", *action.split("/")]) != UNKNOWN


def test_each_fixed_path_of_the_tree_is_in_the_table() -> None:
    """Those of swarm mode aside, which are refused whatever follows."""
    known = {route.path for route in TABLED}
    for path, handlers in fixed_paths(SITE.resource):
        assert path in known, path
        for method in handlers:
            assert classify(method.decode(), path.split("/")) != UNKNOWN, (method, path)


def fixed_paths(noun: Resource, start: str = "") -> Iterator[tuple[str, Iterable[bytes]]]:
    for name, child in noun.children.items():
        path = start + name.decode()
        if isinstance(child, Route):
            yield path, child._handlers
        elif isinstance(child, Noun):
            yield from fixed_paths(child, path + "/")


@pytest.mark.parametrize("version", ["", "/v1.44"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_is_an_unknown_page(method: str, path: str, version: str) -> None:
    status, body = answer_of(method, version + path)
    assert b"page not found" not in body
    if status >= 400 and method != "HEAD":
        assert orjson.loads(body)["message"]
