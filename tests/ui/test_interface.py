"""The page as a whole: its paths, its headers, who may see what."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.api.routing.resource import Noun
from swarmd.cluster.views.info import FleetIdentity
from swarmd.core.request.identity import Identity
from swarmd.ui.form_token import FormTokens
from swarmd.ui.interface import UserInterface
from swarmd.ui.visit import Backing
from tests.authz.rig import ALICE, BOB, ML, READER, ROOT, STRANGER, WEB, GuardedRig
from tests.ui.rig import Document, PageRig

PAGES = ("/swarmd/", "/swarmd/ui/containers", "/swarmd/ui/placement", "/swarmd/ui/events",
         "/swarmd/ui/nodes/node-1", "/swarmd/ui/nodes/nope")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_lets_a_browser_run_nothing_else(path: str) -> None:
    head, body = PageRig().ask("GET", path).whole()
    policy = (head.get(b"content-security-policy") or b"").decode()
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert head.get(b"x-content-type-options") == b"nosniff"
    assert head.get(b"referrer-policy") == b"same-origin"
    assert head.get(b"cache-control") == b"no-store"
    found = Document(body)
    assert not [name for _, about in found.elements for name in about if name.startswith("on")]
    assert not [name for _, about in found.elements for name in about if name == "style"]


def test_without_its_slash_it_leads_there() -> None:
    head, _ = PageRig().ask("GET", "/swarmd").whole()
    assert (head.status, head.get(b"location")) == (301, b"/swarmd/")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/swarmd/ui"), ("GET", "/swarmd/ui/nope"), ("POST", "/swarmd/"), ("POST", "/swarmd"),
     ("DELETE", "/swarmd/ui/nodes/node-1"), ("GET", "/swarmd/ui/nodes")],
)  # fmt: skip
def test_what_is_not_there(method: str, path: str) -> None:
    assert PageRig().ask(method, path).answer()[0] == 404


def test_the_other_paths_of_operators_are_as_they_were() -> None:
    rig = PageRig()
    status, nodes = rig.ask("GET", "/swarmd/nodes").answer()
    assert status == 200 and len(nodes) == 3
    assert rig.ask("POST", "/swarmd/nodes/node-1/cordon", {"a": "b"}).answer()[0] == 400


def test_pages_of_other_sites_send_no_forms() -> None:
    rig = PageRig()
    token = rig.token()
    client = rig.ask("GET", "/")
    body = f"token={token}"
    client = type(client)(rig.site)
    lines = [
        "POST /swarmd/ui/nodes/node-1/cordon HTTP/1.1", "Host: docker", "Origin: http://evil",
        f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded", "", body,
    ]  # fmt: skip
    client.channel.dataReceived("\r\n".join(lines).encode())
    assert client.answer()[0] == 403
    assert not rig.fleet.state.engines["10.0.0.1:2375"].cordoned


class GuardedPage(GuardedRig):
    """A page behind a policy; what operators use is not needed for what is shown."""

    def furnish(self, root: Noun, seen: Any) -> None:
        class Operator:
            lasting = True

            def availability(self, engine: Any) -> str:
                return "active"

            def last_drain(self, engine: Any) -> None:
                return None

        class History:
            def of(self, engine: Any) -> list[Any]:
                return []

        nothing: Any = None
        operator: Any = Operator()
        history: Any = History()
        backing = Backing(
            self.fleet, FleetIdentity("m", "1"), operator, nothing, history, str, self.clock,
            "run", FormTokens(b"k"),
        )  # fmt: skip
        root.putChild(b"swarmd", UserInterface(backing).home(seen))

    def page(self, who: Identity, path: str) -> tuple[int, Document]:
        head, body = self.as_(who, "GET", path).whole()
        return head.status, Document(body)


def menu(found: Document) -> list[str]:
    return [link for link in found.links()[2:6] if link.startswith("/swarmd/")]


def test_each_sees_what_his_scope_sees() -> None:
    rig = GuardedPage()
    for who, mine, others in ((ALICE, ML, WEB), (BOB, WEB, ML)):
        _, found = rig.page(who, "/swarmd/ui/containers")
        links = found.links()
        assert f"/swarmd/ui/containers/{mine}" in links
        assert f"/swarmd/ui/containers/{others}" not in links and "1 container " in found.text
        assert rig.page(who, f"/swarmd/ui/containers/{others}")[0] == 404
    _, found = rig.page(ROOT, "/swarmd/ui/containers")
    assert "3 containers" in found.text


def test_within_a_scope_a_sum_is_of_the_scope_and_nodes_are_not_operated() -> None:
    rig = GuardedPage()
    rig.fleet.notices.add(lambda: ["what concerns the operator"])
    status, found = rig.page(ALICE, "/swarmd/")
    assert status == 200 and "running, of 1" in found.text
    assert "concerns the operator" not in found.text
    assert not [link for link in found.links() if "/nodes/" in link or "placement" in link]
    assert rig.as_(ALICE, "GET", "/swarmd/ui/nodes/node-1").answer()[0] == 403
    assert "concerns the operator" in rig.page(ROOT, "/swarmd/")[1].text


def test_who_may_only_read_has_nothing_to_press() -> None:
    rig = GuardedPage()
    status, found = rig.page(READER, "/swarmd/ui/nodes/node-1")
    assert status == 200 and not found.all("form")
    assert found.all("form") != rig.page(ROOT, "/swarmd/ui/nodes/node-1")[1].all("form")
    assert "/swarmd/ui/events" not in found.links()
    client = rig.as_(READER, "POST", "/swarmd/ui/nodes/node-1/cordon")
    assert client.answer()[0] == 403


def test_who_has_no_role_sees_nothing_but_its_style() -> None:
    rig = GuardedPage()
    for path in PAGES:
        assert rig.as_(STRANGER, "GET", path).answer()[0] == 403
    assert rig.as_(STRANGER, "GET", "/swarmd/ui/static/x/page.css").answer()[0] == 200
