from __future__ import annotations

import pytest

from swarmd.core.container.create_request import KINDS
from swarmd.ui.pages import node_forms
from tests.cluster.fleet import key_of
from tests.ui.rig import HOSTILE, PageRig

PAGE = "/swarmd/ui/nodes/node-1"
AGAIN = {KINDS["reschedule"]: '["on-node-failure"]'}


def away() -> tuple[PageRig, str]:
    """A rig whose first node has fallen silent, with a container that is to be made again."""
    rig = PageRig()
    made = rig.run(1, "web", Labels=AGAIN)
    rig.run(1, "db")
    rig.fleet.lose(1)
    return rig, made


def test_a_node_that_answers_is_neither_lost_nor_forgotten() -> None:
    rig = PageRig()
    rig.run(1, "web", Labels=AGAIN)
    page = rig.page(PAGE)[1]
    assert page.all("form", action=f"{PAGE}/drain")
    assert not page.all("form", action=f"{PAGE}/lost")
    assert not page.all("form", action=f"{PAGE}/forget")
    for action in ("lost", "forget"):
        assert rig.send(f"{PAGE}/{action}", container="web").whole()[0].status == 409


def test_a_node_is_said_to_be_lost() -> None:
    rig, _ = away()
    page = rig.page(PAGE)[1]
    assert "Makes 1 container again on other nodes" in page.text
    assert rig.send(f"{PAGE}/lost").whole()[0].status == 303
    assert rig.fleet.obey() == ["POST 2 create", "POST 2 start"]
    assert rig.fleet.names(2) == {"web": "running"}
    assert not rig.page(PAGE)[1].all("form", action=f"{PAGE}/lost")


def test_a_container_of_it_is_forgotten() -> None:
    rig, made = away()
    page = rig.page(PAGE)[1]
    assert made in [option["value"] for option in page.all("option")]
    assert rig.send(f"{PAGE}/forget", container=made).whole()[0].status == 303
    engine = rig.fleet.state.engines[key_of(1)]
    assert [one.name for one in engine.containers.values()] == ["db"]
    assert not rig.page(PAGE)[1].all("form", action=f"{PAGE}/lost")
    status, page = rig.page(f"{PAGE}/forget", {"token": rig.token(), "container": HOSTILE})
    assert status == 400 and "has no container" in page.text and not page.all("img")


def test_of_very_many_containers_one_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_forms, "_MOST_NAMES", 1)
    rig, _ = away()
    page = rig.page(PAGE)[1]
    assert page.all("input", name="container") and not page.all("option")
    assert rig.send(f"{PAGE}/forget", container="web").whole()[0].status == 303
