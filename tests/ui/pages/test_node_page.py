from __future__ import annotations

import pytest

from swarmd.cluster import actions as news
from swarmd.cluster.history import Sample
from swarmd.core.errors import NotFound
from swarmd.core.model import Health
from swarmd.ui.pages.node_page import found, health_words, hour
from swarmd.ui.pages.node_rows import node_row
from tests.cluster.fleet import NOW, fleet, key_of
from tests.manager.rig import result_of
from tests.ui.rig import PageRig, document

PAGE = "/swarmd/ui/nodes/node-1"


def test_one_node_by_any_of_its_names() -> None:
    rig = PageRig()
    rig.run(1, "web", HostConfig={"NanoCpus": 10**9, "Memory": 250})
    for ref in ("node-1", "10.0.0.1:2375", "ENGINE-1"):
        status, page = rig.page(f"/swarmd/ui/nodes/{ref}")
        assert status == 200 and "1 of 4 reserved" in page.text
    assert "250 B of 1000 B reserved" in page.text and "Docker 28.5.2" in page.text
    assert "/swarmd/ui/containers?node=node-1" in page.links()
    assert len(page.all("svg", role="img")) == 3
    assert rig.page("/swarmd/ui/nodes/nope")[0] == 404


def test_an_address_that_lost_its_slashes_is_found() -> None:
    rig = PageRig()
    rig.fleet.dispatch(news.EngineListed("unix:///run/d.sock", "unix:///run/d.sock"))
    assert found(rig.fleet, "unix:/run/d.sock").key == "unix:///run/d.sock"
    assert rig.page("/swarmd/ui/nodes/unix%3A%2F%2F%2Frun%2Fd.sock")[0] in (200, 301)
    with pytest.raises(NotFound):
        found(rig.fleet, "unix:/run/other.sock")


def test_cordon_and_uncordon_by_forms_alone() -> None:
    rig = PageRig()
    engine = rig.fleet.state.engines[key_of(1)]
    head, _ = rig.send(f"{PAGE}/cordon").whole()
    assert (head.status, head.get(b"location")) == (303, PAGE.encode())
    assert engine.cordoned
    page = rig.page(PAGE)[1]
    assert "cordoned" in page.text and page.all("form", action=f"{PAGE}/uncordon")
    rig.send(f"{PAGE}/uncordon")
    assert not engine.cordoned


def test_a_drain_by_a_form_and_its_progress() -> None:
    rig = PageRig()
    rig.run(1, "web")
    rig.fleet.listing(1)
    client = rig.ask("POST", f"{PAGE}/drain", {"token": rig.token()})
    assert client.whole()[0].status == 303
    rig.fleet.obey()
    rig.fleet.listing(1)
    _, page = rig.page(PAGE)
    assert "1 moved" in page.text and "It is over" in page.text
    assert rig.fleet.names(1) == {}


def test_while_it_drains_the_page_comes_again_without_scripts() -> None:
    rig = PageRig()
    rig.run(1, "web")
    operator = rig.operations.operator
    result_of(operator.drain("node-1"))
    engine = rig.fleet.state.engines[key_of(1)]
    assert operator.availability(engine) == "draining"
    head, body = _page_as_it_is(rig)
    assert b'http-equiv="refresh"' in body and b"is being moved" in body
    assert head == 200


def _page_as_it_is(rig: PageRig) -> tuple[int, bytes]:
    from tests.api.rig import Client

    client = Client(rig.site)
    client.send("GET", PAGE)
    head, body = client.whole()
    return head.status, body


def test_labels_are_added_and_taken_off() -> None:
    rig = PageRig()
    assert rig.send(f"{PAGE}/labels", add="zone= a").whole()[0].status == 303
    engine = rig.fleet.state.engines[key_of(1)]
    assert engine.operator_labels == {"zone": "a"}
    page = rig.page(PAGE)[1]
    assert page.all("input", name="remove", value="zone")
    for wrong in ({"add": "zone"}, {}, {"add": "=x"}, {"add": "weight=heavy"}):
        assert rig.send(f"{PAGE}/labels", **wrong).whole()[0].status == 400
    rig.send(f"{PAGE}/labels", remove="zone")
    assert engine.operator_labels == {}


@pytest.mark.parametrize("action", ["cordon", "drain", "labels", "uncordon"])
@pytest.mark.parametrize("form", [{"token": ""}, {"token": "x" * 64}])
def test_a_form_without_the_token_changes_nothing(action: str, form: dict[str, str]) -> None:
    rig = PageRig()
    status, page = rig.page(f"{PAGE}/{action}", form)
    assert status == 403 and "load the page again" in page.text
    engine = rig.fleet.state.engines[key_of(1)]
    assert not engine.cordoned and not engine.operator_labels
    assert rig.page(f"{PAGE}/{action}", {"x": ""})[0] == 400


@pytest.mark.parametrize("path", [f"{PAGE}/frob", "/swarmd/ui/nodes/cordon", PAGE])
def test_what_is_no_form_of_the_page(path: str) -> None:
    assert PageRig().ask("POST", path, {"token": "x"}).answer()[0] in (400, 404)


def test_a_node_that_does_not_answer_is_not_drained() -> None:
    rig = PageRig()
    rig.fleet.lose(1)
    page = rig.page(PAGE)[1]
    assert "it is dead" in page.text and not page.all("form", action=f"{PAGE}/drain")
    status, page = rig.page(f"{PAGE}/drain", {"token": rig.token()})
    assert status == 503 and "does not answer" in page.text


def test_the_last_hour_in_curves_and_words() -> None:
    [engine] = fleet(1).engines.values()
    row = node_row(engine, "active", 0)
    health = (Health.HEALTHY, Health.UNHEALTHY, Health.HEALTHY)
    samples = [
        Sample(NOW - 180 + 60 * number, number * 10**9, 1 << 30, 0, 0, one)
        for number, one in enumerate(health)
    ]
    text = document(hour(samples, row, NOW)).text
    assert "2 of 4, between 0 and 2" in text and "1 GiB of 8 GiB" in text
    assert "away 1 time, 1 min in all" in text
    assert health_words([], NOW) == "not known"
    assert document(hour([], row, NOW)).all("figure")
