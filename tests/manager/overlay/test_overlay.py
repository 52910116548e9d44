from __future__ import annotations

import pytest

from swarmd.core.errors import Conflict
from swarmd.manager.overlay.overlay import CAME
from swarmd.manager.overlay.standing import MARK, MARK_CONSTRAINTS
from swarmd.manager.overlay.view import users
from tests.manager.overlay.engines import Swarms


def statuses(swarms: Swarms) -> list[tuple[str, str]]:
    return [(line["Node"], line["Status"]) for line in swarms.lines if "Node" in line]


def test_all_are_joined_and_once_more_changes_nothing() -> None:
    swarms = Swarms(4)
    assert swarms.up() == {"Done": True, "Nodes": 4, "Managers": 3, "LeftAlone": 0, "Failed": 0}
    assert swarms.members == {1: True, 2: True, 3: True, 4: False}
    assert swarms.joined[0]["RemoteAddrs"] == ["10.0.0.1:2377"]
    assert swarms.joined[0]["AdvertiseAddr"] == "10.0.0.2"
    assert swarms.rig.engine(1).spec.swarm_manager and not swarms.rig.engine(4).spec.swarm_manager
    assert swarms.up()["Nodes"] == 4 and statuses(swarms) == [] and len(swarms.joined) == 3


def test_a_token_is_in_nothing_that_is_told() -> None:
    swarms = Swarms(3)
    swarms.refusing = {2}
    last = swarms.up()
    assert (last["Failed"], swarms.members) == (1, {1: True, 3: True})
    (failed,) = [line for line in swarms.lines if line.get("Status") == "failed"]
    assert failed["Reason"] == "bad token …" and "SWMTKN" not in str(swarms.lines)


def test_constraints_are_kept_where_the_swarm_is() -> None:
    swarms = Swarms(3)
    assert swarms.up(("node!=node-3",))["Nodes"] == 2
    assert swarms.labels[MARK_CONSTRAINTS] == '["node!=node-3"]' and MARK in swarms.labels
    assert swarms.up()["Nodes"] == 2, "what was said before counts"
    assert statuses(swarms) == [("node-3", "left alone")]
    assert swarms.up(())["Nodes"] == 3
    assert swarms.labels[MARK_CONSTRAINTS] == "[]"


def test_ports_are_looked_at_before() -> None:
    swarms = Swarms(2)
    swarms.closed["10.0.0.2"] = ("2377/tcp is closed",)
    assert swarms.up()["Nodes"] == 1
    assert swarms.lines[-2]["Reason"] == "cannot be reached: 2377/tcp is closed"


def test_who_comes_later_is_taken_in_once_there_is_a_swarm() -> None:
    swarms = Swarms(2)
    late = swarms.rig.add(3)
    swarms.serve(3)
    swarms.overlay.came(late)
    swarms.rig.clock.advance(CAME)
    assert swarms.members == {}, "nobody asked for a swarm"
    swarms.members, swarms.labels = {1: True}, {MARK: "swarmd"}
    swarms.rig.validate(1, swarm_manager=True)
    swarms.overlay.came(late)
    for _ in range(20):
        swarms.rig.clock.advance(CAME)
    assert swarms.members == {1: True, 2: True, 3: True}


def test_all_leave_unless_a_network_is_in_use() -> None:
    swarms = Swarms(3)
    swarms.up()
    wide = {"Id": "w", "Name": "wide", "Driver": "overlay", "Scope": "swarm"}
    swarms.rig.wire(2).on("GET", "/networks", (200, [wide]))
    swarms.rig.has_network(2, "w", "wide", Driver="overlay", Scope="swarm")
    networks = {"Networks": {"wide": {"NetworkID": "w"}}}
    swarms.rig.has_container(2, "a" * 64, "web", NetworkSettings=networks)
    assert users(swarms.rig.state.engines.values()) == ["wide (web)"]
    assert swarms.down() == {
        "Done": True,
        "Error": "overlay networks have containers: wide (web)",
    }
    swarms.rig.state.gone("a" * 64)
    assert swarms.down() == {"Done": True, "Left": 3, "Failed": 0}
    assert swarms.members == {} and not swarms.rig.engine(1).spec.swarm_manager
    assert swarms.down()["Left"] == 0


def test_services_and_foreign_swarms_are_left_alone() -> None:
    swarms = Swarms(3)
    swarms.up()
    swarms.services = [{"ID": "web"}]
    assert swarms.down()["Error"] == "the swarm runs services (1): remove them first"
    swarms.labels = {}
    assert swarms.down() == {"Done": True, "Left": 0, "Failed": 0}
    swarms.up()
    assert {line.get("Reason") for line in swarms.lines[:-1]} == {
        "runs 1 service in a swarm of its own"
    }


def test_one_thing_at_a_time_and_at_one_swarmd() -> None:
    swarms = Swarms(1)
    swarms.overlay.claim("up")
    with pytest.raises(Conflict, match="overlay up is under way"):
        swarms.overlay.claim("down")
    swarms.up()
    swarms.overlay.claim("down")
    swarms.overlay.elsewhere = lambda: "b leads"
    with pytest.raises(Conflict, match="b leads: ask for the overlay there"):
        swarms.overlay.claim("up")
