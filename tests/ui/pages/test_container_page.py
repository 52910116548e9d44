from __future__ import annotations

from swarmd.core.container.container_state import Container, Demand, Mount
from swarmd.ui.markup import foreign
from swarmd.ui.pages.container_page import definitions, facts_of, indented
from tests.api.rig import Client
from tests.cluster.fleet import NOW, fleet
from tests.ui.rig import HOSTILE, PageRig, document


def test_one_container_by_name_and_by_id() -> None:
    rig = PageRig()
    made = rig.run(1, "web", Labels={"app": HOSTILE})
    for ref in ("web", made, made[:12], "node-1/web"):
        status, found = rig.page(f"/swarmd/ui/containers/{ref}")
        assert status == 200 and f"ID {made}" in found.text
    assert found.all("pre", data_logs=made) and found.all("div", data_stats=made)
    assert foreign(f"app={HOSTILE}") in found.text and not found.all("img")
    assert '"Name": "/web"' in found.text


def test_without_an_answer_of_its_node_it_says_why() -> None:
    rig = PageRig()
    rig.run(1, "web")
    rig.fleet.lose(1)
    status, found = rig.page("/swarmd/ui/containers/web")
    assert status == 200 and "it is dead" in found.text and "Host Down" in found.text


def test_one_that_is_not_there_is_a_page_that_says_so() -> None:
    status, found = PageRig().page("/swarmd/ui/containers/nope")
    assert (status, "No such container: nope" in found.text) == (404, True)
    assert "/swarmd/" in found.links()


def test_facts_that_are_nothing_are_left_out() -> None:
    [engine] = fleet(1).engines.values()
    one = Container("x" * 64, engine.key, ("web",), demand=Demand(10**9, 1 << 30))
    found = document(facts_of(one, engine, NOW, linked=False))
    assert "1 CPU, 1 GiB" in found.text and "Mounts" not in found.text
    one = one._replace(mounts=(Mount("data", "/var/x", "/data"), Mount("", "/srv", "/srv")))
    text = document(facts_of(one, engine, NOW, linked=False)).text
    assert "data → /data" in text and "/srv → /srv" in text


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert indented(b'{"a":1}') == '{\n  "a": 1\n}'
    assert indented(b"<html>\xff") == "<html>\N{REPLACEMENT CHARACTER}"
    assert document(definitions([("a", ""), ("b", "c")])).text == "b c"


def test_what_is_asked_again_asks_no_node() -> None:
    rig = PageRig()
    made = rig.run(1, "web")
    client = Client(rig.site)
    client.send("GET", f"/swarmd/ui/containers/{made}", None, "Swarmd-Live: 1")
    head, body = client.whole()
    assert head.status == 200 and rig.fleet.calls == []
    assert b"facts" in body and b"inspect" not in body
