from __future__ import annotations

import pytest

from swarmd.core.container.container_state import Container, Published
from swarmd.ui.markup import foreign
from swarmd.ui.pages.containers_page import level, node_name, ports, state, table
from tests.cluster.fleet import NOW, fleet
from tests.ui.rig import HOSTILE, PageRig, document


def test_all_containers_with_a_way_to_each() -> None:
    rig = PageRig()
    made = rig.run(1, "web", Image=HOSTILE)
    rig.run(2, "db")
    _, found = rig.page("/swarmd/ui/containers?sort=name")
    assert found.text.index(" db ") < found.text.index(" web ")
    assert f"/swarmd/ui/containers/{made}" in found.links()
    assert foreign(HOSTILE) in found.text and not found.all("img")
    assert "2 containers" in found.text
    _, found = rig.page("/swarmd/ui/containers?q=web&node=node-1&state=running")
    assert "1 container " in found.text
    assert found.all("option", value="node-1", selected="")


def test_no_more_than_a_screenful_of_rows() -> None:
    rig = PageRig(1)
    for number in range(60):
        rig.fleet.make(1, {"Image": "busybox"}, f"job-{number}")
    rig.fleet.listing(1)
    _, found = rig.page("/swarmd/ui/containers?sort=name&page=2")
    assert len(found.all("th", scope="row")) == 10 and "job-59" in found.text
    assert "/swarmd/ui/containers?sort=name" in found.links()


def test_nothing_fits_and_a_lost_node() -> None:
    rig = PageRig()
    rig.run(1, "web")
    rig.fleet.lose(1)
    _, found = rig.page("/swarmd/ui/containers")
    assert "1 node does not answer" in found.text and "Host Down" in found.text
    assert "No container fits." in rig.page("/swarmd/ui/containers?q=nope")[1].text


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ((), ""),
        ((Published(80, 8080, "tcp"), Published(80, 8080, "tcp")), "8080→80/tcp"),
        ((Published(80, None, "tcp"), Published(53, 53, "udp")), "80/tcp, 53→53/udp"),
        ((Published(80, 81, "tcp"), Published(80, 82, "tcp")), "81+82→80/tcp"),
        (tuple(Published(n, n, "tcp") for n in range(1, 9)),
         "1→1/tcp, 2→2/tcp, 3→3/tcp, 4→4/tcp, 5→5/tcp, 6→6/tcp and 2 more"),
    ],
)  # fmt: skip
def test_ports(published: tuple[Published, ...], said: str) -> None:
    assert ports(published) == said


def test_ports_of_one_container_alone() -> None:
    many = [Published(n, n, "tcp") for n in range(1, 21)]
    assert ports(many, 20).endswith("20→20/tcp") and "more" in ports(many, 19)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"state": "running"}, "good"),
        ({"state": "running", "health": "unhealthy"}, "bad"),
        ({"state": "running", "health": "starting"}, "odd"),
        ({"state": "exited"}, "unknown"),
        ({"state": "exited", "exit_code": 1}, "odd"),
        ({"state": "dead"}, "bad"),
        ({"state": "a new one"}, "unknown"),
    ],
)
def test_levels(about: dict[str, object], said: str) -> None:
    assert level(Container("x", "e", **about)) == said  # type: ignore[arg-type]


def test_a_container_whose_node_has_just_left() -> None:
    [engine] = fleet(1).engines.values()
    one = Container("x" * 64, engine.key, ("web",), state="running", started_at=NOW - 60)
    assert document(state(one, engine, NOW)).text == "Up About a minute"
    assert document(state(one, None, NOW)).text == "Host Down"
    assert node_name(None, linked=True) == "gone"
    assert "gone" in document(table([one], {}, {}, NOW, linked=True)).text
