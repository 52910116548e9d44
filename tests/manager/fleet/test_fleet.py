import pytest

from swarmd.core.errors import EngineUnreachable
from swarmd.discovery.entry import TlsOverride
from tests.manager.rig import Rig, result_of


def test_discovery_adds_and_removes() -> None:
    rig = Rig(2)
    rig.fleet.apply([rig.entry(2), rig.entry(3)])
    assert sorted(rig.state.engines) == ["10.0.0.2:2375", "10.0.0.3:2375"]
    assert rig.wires["node-1"].ended == "retired"
    assert rig.wires["node-2"].ended == ""


def test_who_still_holds_an_engine_that_left_is_told() -> None:
    rig = Rig(2)
    engine = rig.engine(1)
    rig.fleet.apply([rig.entry(2)])
    for ask in (rig.fleet.link, rig.fleet.tracker):
        with pytest.raises(EngineUnreachable, match="node-1 is unreachable: it was taken off"):
            ask(engine)


def test_new_labels_keep_the_connections() -> None:
    rig = Rig(1)
    before = rig.fleet.link(rig.engine(1))
    rig.fleet.apply([rig.entry(1, {"zone": "a"})])
    assert rig.engine(1).labels["zone"] == "a"
    assert rig.fleet.link(rig.engine(1)) is before


def test_other_certificates_need_other_connections() -> None:
    rig = Rig(1)
    old = rig.wires.pop("node-1")
    entry = rig.entry(1)
    other = type(entry)(entry.key, entry.address, {}, entry.name, TlsOverride(ca="/other.pem"))
    rig.fleet.apply([other])
    assert old.ended == "retired"
    assert rig.fleet.link(rig.engine(1)) is rig.wires["node-1"] is not old


def test_a_problem_of_discovery_is_told_until_it_is_over() -> None:
    rig = Rig(1)
    rig.fleet.report("hosts:3: what is this")
    assert rig.fleet.problem == "hosts:3: what is this"
    rig.fleet.apply([rig.entry(1)])
    assert rig.fleet.problem == ""


def test_a_lost_engine_is_refused_with_its_reason_and_ends_what_waits() -> None:
    rig = Rig(2)
    rig.lose(1)
    with pytest.raises(EngineUnreachable, match="node node-1 is unreachable: no answer"):
        rig.fleet.link(rig.engine(1))
    assert rig.wire(1).ended == "no answer"
    assert [engine.name for engine in rig.fleet.healthy()] == ["node-2"]
    assert rig.fleet.summary() == "1 of 2 nodes are healthy"


def test_what_is_advertised_follows_the_healthy_engines() -> None:
    rig = Rig(0)
    assert rig.fleet.api_version == (1, 44)
    rig.add(1, api_max=(1, 51))
    assert rig.fleet.api_version == (1, 51)
    rig.add(2, api_max=(1, 45))
    assert rig.fleet.api_version == (1, 45)
    rig.add(3, api_max=(1, 41))
    assert rig.fleet.api_version == (1, 44)
    rig.lose(2)
    rig.lose(3)
    assert rig.fleet.api_version == (1, 51)


def test_each_engine_is_asked_in_a_version_that_it_speaks() -> None:
    rig = Rig(1, api_min=(1, 24), api_max=(1, 41))
    engine = rig.engine(1)
    versions = [rig.fleet.version_for(engine, asked) for asked in (None, (1, 12), (1, 30), (1, 44))]
    assert versions == [(1, 41), (1, 24), (1, 30), (1, 41)]


def test_a_removed_container_is_forgotten() -> None:
    rig = Rig(1)
    rig.has_container(1, "a" * 64, "web")
    rig.fleet.forget("a" * 64)
    rig.fleet.forget("b" * 64)
    assert not rig.state.containers


def test_an_engine_is_called_in_its_own_version_and_parts_of_a_path_stay_parts() -> None:
    rig = Rig(1, api_max=(1, 40))
    rig.wire(1).on("POST", "/things/.*", (404, {"message": "no such thing"}))
    answer = result_of(
        rig.fleet.call(
            rig.engine(1), "POST", "things", "a/b ?c:d@e",
            query=[("x", "1&2")], asked=(1, 44), body={"A": 1},
        )
    )  # fmt: skip
    assert (answer.status, rig.wire(1).bodies) == (404, [{"A": 1}])
    assert rig.wire(1).asked == [("POST", "/v1.40/things/a%2Fb%20%3Fc:d@e?x=1%262")]


def test_a_change_of_which_nobody_hears_makes_a_list_stale() -> None:
    rig = Rig(2)
    with pytest.raises(EngineUnreachable):
        result_of(rig.fleet.call(rig.engine(1), "DELETE", "volumes", "v", stale="volumes"))
    assert "volumes" in rig.engine(1).stale
    rig.lose(2)
    with pytest.raises(EngineUnreachable, match="no answer"):
        result_of(rig.fleet.call(rig.engine(2), "DELETE", "volumes", "v", stale="volumes"))
    assert rig.wire(2).asked == []
