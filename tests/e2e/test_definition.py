"""Answers held against Docker's definition of its API: where an engine keeps to it, so do we."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Host
from tests.e2e.defined import Things, keep_to_it_as_well
from tests.lab import definition
from tests.lab.http import Api

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.skipif(bool(definition.available()), reason=definition.available()),
]

VERSION = "1.41"  # of the engines


def test_creates_and_reads(host: Host) -> None:
    """First through swarmd, then on an engine that has nothing yet."""
    through = Things(host.api, VERSION)
    seen = through.reads()
    used = {node for node in host.fleet if through.container in node.containers()}
    used |= {node for node in host.fleet if len(node.local.get("/networks")) > 3}
    alone = Things(next(node for node in host.fleet if node not in used).local, VERSION)
    keep_to_it_as_well(through, seen, alone)


REFUSALS: list[tuple[str, str, str, Any]] = [
    ("GET", "/containers/{id}/json", "nobody", None),
    ("POST", "/containers/{id}/start", "nobody", None),
    ("DELETE", "/containers/{id}", "nobody", None),
    ("POST", "/containers/create", "?name=b*d", {"Image": "busybox"}),
    ("GET", "/images/{name}/json", "nobody", None),
    ("DELETE", "/images/{name}", "nobody", None),
    ("GET", "/networks/{id}", "nobody", None),
    ("DELETE", "/networks/{id}", "nobody", None),
    ("GET", "/volumes/{name}", "nobody", None),
    ("DELETE", "/volumes/{name}", "nobody", None),
    ("GET", "/exec/{id}/json", "nobody", None),
]


@pytest.mark.parametrize(("method", "path", "ref", "body"), REFUSALS)
def test_refusals(host: Host, method: str, path: str, ref: str, body: Any) -> None:
    query = ref if ref.startswith("?") else ""
    for api in (host.api, host.fleet.engines[0].local):
        answer = api.call(method, f"/v{VERSION}{path.format(id=ref, name=ref)}{query}", body)
        wrong = definition.violations(VERSION, method, path, answer.status, answer.json)
        assert not wrong, (api.url, answer.status, answer.body)


@pytest.mark.parametrize("what", ["containers", "images", "networks", "volumes"])
def test_prunes(host: Host, what: str) -> None:
    for api in (host.api, host.fleet.engines[0].local):
        answer = api.call("POST", f'/v{VERSION}/{what}/prune?filters={{"label":["no=one"]}}')
        assert answer.status == 200
        wrong = definition.violations(VERSION, "POST", f"/{what}/prune", 200, answer.json)
        assert {one for one in wrong if "NoneType" not in one} == set(), (api.url, answer.body)


def test_no_route_is_unknown(api: Api) -> None:
    """Those of the newest version, too: what nobody here can do is said in words."""
    for method, path in definition.routes(definition.newest()):
        filled = path.format(id="nobody", name="nobody", exec_id="nobody")
        answer = api.call(method, f"{filled}?until=1&remote=x&fromImage=nobody")
        if method != "HEAD":
            assert answer.body != b'{"message":"page not found"}\n', (method, path)
        assert answer.status < 500 or answer.body, (method, path)
