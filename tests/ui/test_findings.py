from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.ui.findings import Trouble, of_containers, of_nodes, of_swarmd, shown
from swarmd.ui.markup import foreign
from tests.cluster.fleet import NOW, fleet, join, key_of
from tests.ui.rig import HOSTILE, document


def test_nothing_is_said_twice() -> None:
    found = list(of_swarmd("bad line", [("hosts", "bad line"), ("tls", "x")], ["x", "late", ""]))
    assert [(one.bad, one.place, one.words) for one in found] == [
        (True, "hosts file", "bad line"), (True, "TLS file", "x"), (False, "swarmd", "late"),
    ]  # fmt: skip


def test_a_lost_node_says_why_for_how_long_and_what_helps() -> None:
    state = fleet(2)
    state.dispatch(news.EngineFailed(key_of(2), "it is dead", NOW, fatal=True))
    [found] = of_nodes(state.engines.values(), NOW + 120, lambda text: f"mend {text}", _link)
    assert found == Trouble(
        True, "node-2", "unhealthy for 2 min: it is dead", "mend it is dead", "/node-2"
    )


def _link(engine: object) -> str:
    return f"/{engine.name}"  # type: ignore[attr-defined]


def test_what_is_odd_about_a_healthy_node() -> None:
    state = fleet(1)
    join(state, 2, clock_offset=-90.0)
    state.dispatch(news.EngineNoted(key_of(1), "sync", ["volumes are not known"]))
    found = list(of_nodes(state.engines.values(), NOW, lambda text: "", _link))
    assert [one.words for one in found] == [
        "volumes are not known", "its clock is 90 s ahead of this machine's",
    ]  # fmt: skip


def test_a_node_that_was_not_heard_yet_is_no_trouble() -> None:
    state = fleet(0)
    state.dispatch(news.EngineListed(key_of(1), key_of(1)))
    assert list(of_nodes(state.engines.values(), NOW, lambda text: "", _link)) == []


def test_containers_that_fail() -> None:
    assert list(of_containers({"running": 3})) == []
    found = list(of_containers({"unhealthy": 1, "restarting": 2}))
    assert [f"{one.place} {one.words}" for one in found] == [
        "1 container fails its checks", "2 containers restart",
    ]  # fmt: skip


def test_the_worst_comes_first_and_a_flood_is_summed_up() -> None:
    odd = [Trouble(False, f"n{number}", HOSTILE) for number in range(20)]
    found = document(shown([*odd, Trouble(True, "bad one", "w", "cure", "/x")]))
    assert found.text.startswith("Error: bad one w cure")
    assert len(found.all("li")) == 8 and found.text.endswith("and 13 further findings")
    assert foreign(HOSTILE) in found.text and not found.all("script")
    assert document(shown([])).text == "Nothing is wrong."
