from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.cluster.views.info import ManagersSeen
from swarmd.ui.pages.fleet_page import summary
from swarmd.ui.pages.node_rows import node_row
from tests.cluster.fleet import fleet, key_of
from tests.ui.rig import PageRig, document


def test_the_fleet_at_a_glance() -> None:
    rig = PageRig()
    rig.run(1, "web", HostConfig={"NanoCpus": 1_500_000_000})
    rig.fleet.lose(3)
    status, found = rig.page("/swarmd/")
    assert status == 200
    assert "node-3 unhealthy for 0 s: it is dead" in found.text
    assert "Nodes 3 2 healthy, 1 unhealthy" in found.text
    assert "CPUs 1.5 reserved, of 8" in found.text
    assert "/swarmd/ui/nodes/node-2" in found.links()


def test_all_is_well() -> None:
    assert "Nothing is wrong." in PageRig().page("/swarmd/")[1].text


def test_what_swarmd_itself_has_to_say_stands_on_top() -> None:
    rig = PageRig()
    rig.fleet.notices.add(lambda: ["the audit log has lost 3 lines"])
    rig.fleet.bad_files["policy"] = lambda: ["line 3 is wrong"]
    text = rig.page("/swarmd/")[1].text
    assert text.index("policy file line 3 is wrong") < text.index("has lost 3 lines")


def test_a_large_fleet_is_a_screenful_and_searched_here() -> None:
    rig = PageRig(250)
    _, found = rig.page("/swarmd/")
    assert len(found.all("th", scope="row")) == 50
    assert "of 250 nodes" in found.text and "/swarmd/?page=5" in found.links()
    _, last = rig.page("/swarmd/?page=5&sort=-name")
    assert "node-1 " in last.text
    _, one = rig.page("/swarmd/?q=node-17%2010.0.0.17")
    assert len(one.all("th", scope="row")) <= 11


def test_the_search_keeps_what_was_asked() -> None:
    _, found = PageRig().page("/swarmd/?q=a%22b&state=cordoned&sort=-cpus")
    assert found.all("input", name="q")[0]["value"] == 'a"b'
    assert found.all("option", value="cordoned", selected="")
    assert found.all("input", name="sort", value="-cpus")


def test_sums_are_of_those_that_answer() -> None:
    state = fleet(2)
    state.dispatch(news.EngineFailed(key_of(2), "dead", 1.0, fatal=True))
    rows = [node_row(engine, "active", 0) for engine in state.engines.values()]
    found = document(summary(rows, gpus=False))
    assert "CPUs 0 reserved, of 4" in found.text and "GPUs" not in found.text
    assert "none is listed" in document(summary([], gpus=True)).text


def test_several_swarmds_are_shown_and_one_alone_is_not() -> None:
    rig = PageRig()
    assert "Managers" not in rig.page("/swarmd/")[1].text
    rows = [("door-1:2376", "swarmd 0.2 on a, leads"), ("door-2:2376", "swarmd 0.2 on b")]
    rig.identity.managers = lambda: ManagersSeen("replica", "door-1:2376", rows)
    assert "door-1:2376 swarmd 0.2 on a, leads" in rig.page("/swarmd/")[1].text
