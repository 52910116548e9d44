"""The table of routes against the API's definition, and what a name may hide."""

from __future__ import annotations

import re

import pytest

from swarmd.authz.rights import RIGHTS, UNKNOWN, classify

# Every route of API 1.55.
ROUTES = """
    GET /containers/json
    POST /containers/create
    GET /containers/{id}/json
    GET /containers/{id}/top
    GET /containers/{id}/logs
    GET /containers/{id}/changes
    GET /containers/{id}/export
    GET /containers/{id}/stats
    POST /containers/{id}/resize
    POST /containers/{id}/start
    POST /containers/{id}/stop
    POST /containers/{id}/restart
    POST /containers/{id}/kill
    POST /containers/{id}/update
    POST /containers/{id}/rename
    POST /containers/{id}/pause
    POST /containers/{id}/unpause
    POST /containers/{id}/attach
    GET /containers/{id}/attach/ws
    POST /containers/{id}/wait
    DELETE /containers/{id}
    HEAD /containers/{id}/archive
    GET /containers/{id}/archive
    PUT /containers/{id}/archive
    POST /containers/prune
    GET /images/json
    POST /build
    POST /build/prune
    POST /images/create
    GET /images/{name}/json
    GET /images/{name}/attestations
    GET /images/{name}/history
    POST /images/{name}/push
    POST /images/{name}/tag
    DELETE /images/{name}
    GET /images/search
    POST /images/prune
    POST /auth
    GET /info
    GET /version
    GET /_ping
    HEAD /_ping
    POST /commit
    GET /events
    GET /system/df
    GET /images/{name}/get
    GET /images/get
    POST /images/load
    POST /containers/{id}/exec
    POST /exec/{id}/start
    POST /exec/{id}/resize
    GET /exec/{id}/json
    GET /volumes
    POST /volumes/create
    GET /volumes/{name}
    PUT /volumes/{name}
    DELETE /volumes/{name}
    POST /volumes/prune
    GET /networks
    GET /networks/{id}
    DELETE /networks/{id}
    POST /networks/create
    POST /networks/{id}/connect
    POST /networks/{id}/disconnect
    POST /networks/prune
    GET /plugins
    GET /plugins/privileges
    POST /plugins/pull
    GET /plugins/{name}/json
    DELETE /plugins/{name}
    POST /plugins/{name}/enable
    POST /plugins/{name}/disable
    POST /plugins/{name}/upgrade
    POST /plugins/create
    POST /plugins/{name}/push
    POST /plugins/{name}/set
    GET /nodes
    GET /nodes/{id}
    DELETE /nodes/{id}
    POST /nodes/{id}/update
    GET /swarm
    POST /swarm/init
    POST /swarm/join
    POST /swarm/leave
    POST /swarm/update
    GET /swarm/unlockkey
    POST /swarm/unlock
    GET /services
    POST /services/create
    GET /services/{id}
    DELETE /services/{id}
    POST /services/{id}/update
    GET /services/{id}/logs
    GET /tasks
    GET /tasks/{id}
    GET /tasks/{id}/logs
    GET /secrets
    POST /secrets/create
    GET /secrets/{id}
    DELETE /secrets/{id}
    POST /secrets/{id}/update
    GET /configs
    POST /configs/create
    GET /configs/{id}
    DELETE /configs/{id}
    POST /configs/{id}/update
    GET /distribution/{name}/json
    POST /session
""".strip().splitlines()
# They change a swarm or a host's plugins, which swarmd refuses: nobody but an administrator asks.
ADMIN_ONLY = re.compile(
    r"(POST|PUT|DELETE) /(plugins|nodes|swarm|services|secrets|configs)\b|PUT /volumes"
    r"|GET /(plugins/privileges|swarm/unlockkey)"
)


@pytest.mark.parametrize("route", [one.strip() for one in ROUTES])
def test_every_route_of_the_api_is_classified(route: str) -> None:
    method, path = route.split()
    segments = re.sub(r"\{\w+\}", "x", path).lstrip("/").split("/")
    admin_only = ADMIN_ONLY.match(route)
    assert (classify(method, segments)[:2] == UNKNOWN[:2]) == bool(admin_only), route


@pytest.mark.parametrize(
    ("method", "path", "right", "ref"),
    [
        ("GET", "containers/json", "containers:read", ""),
        ("GET", "containers/json/json", "containers:read", "json"),
        ("GET", "containers/node-1/web/json", "containers:read", "node-1/web"),
        ("GET", "containers/web/attach/ws", "containers:attach", "web"),
        ("POST", "containers/create", "containers:run", ""),
        ("POST", "containers/create/exec", "containers:exec", "create"),
        ("DELETE", "containers/a/checkpoints/b", "containers:checkpoint", "a"),
        ("POST", "exec/a/b/start", "unknown:admin", ""),
        ("GET", "images/a/b:1/json", "images:read", "a/b:1"),
        ("GET", "images/get", "images:save", ""),
        ("GET", "images/a/get", "images:save", "a"),
        ("DELETE", "images/json", "images:remove", "json"),
        ("POST", "networks/a/connect", "networks:connect", "a"),
        ("DELETE", "networks/", "unknown:admin", ""),
        ("POST", "swarmd/nodes/node-1/drain", "fleet:admin", "node-1/drain"),
        ("get", "containers/json", "unknown:admin", ""),
        ("GET", "Containers/json", "unknown:admin", ""),
        ("GET", "", "unknown:admin", ""),
    ],
)
def test_rights(method: str, path: str, right: str, ref: str) -> None:
    found = classify(method, path.split("/"))
    assert (str(found), found.ref) == (right, ref)


def test_each_right_is_listed_once() -> None:
    assert len(set(RIGHTS)) == len(RIGHTS) and UNKNOWN in RIGHTS
