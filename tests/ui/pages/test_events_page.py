from __future__ import annotations

from swarmd.ui.markup import foreign
from swarmd.ui.pages.events_page import MOST, row, table
from tests.manager.rig import result_of
from tests.ui.rig import HOSTILE, PageRig, document

PATH = "/swarmd/ui/events"


def test_what_happened_to_nodes_is_there_at_once() -> None:
    rig = PageRig()
    rig.fleet.lose(2)
    _, found = rig.page(PATH)
    assert "node down" in found.text and "node-2" in found.text
    assert f"{PATH}?past=1" in found.links()
    assert found.all("tbody", id="feed", aria_live="polite")


def test_the_newest_comes_first_and_no_more_than_a_screenful() -> None:
    rig = PageRig()
    for _ in range(MOST):
        result_of(rig.operations.operator.cordon("node-1", True))
        rig.fleet.clock.advance(1)
        result_of(rig.operations.operator.cordon("node-1", False))
    _, found = rig.page(PATH)
    assert len(found.all("th", scope="row")) == MOST
    assert found.text.index("uncordon") < found.text.index(" cordon")


def test_the_past_of_all_nodes_when_it_is_asked_for() -> None:
    rig = PageRig()
    rig.fleet.lose(1)
    rig.fleet.lose(2)
    rig.fleet.lose(3)
    assert "node down" in rig.page(f"{PATH}?past=1")[1].text


def test_an_event_has_its_words_and_its_container_a_link() -> None:
    about = {"name": HOSTILE, "image": "busybox", "node.name": "n", "a": HOSTILE,
             "com.docker.swarm.id": "x"}  # fmt: skip
    record = {"Type": "container", "Action": "exec_start: sh", "moment": 0.0,
              "Actor": {"ID": "f" * 64, "Attributes": about}}  # fmt: skip
    found = document(row(record))
    assert foreign(HOSTILE) in found.text and not found.all("img")
    assert "00:00:00" in found.text and "swarm.id" not in found.text
    assert found.links() == [f"/swarmd/ui/containers/{'f' * 64}"]
    bare = {"Type": "x", "Action": "y", "moment": 0.0, "Actor": None}
    assert document(table([bare])).all("th", scope="row")
