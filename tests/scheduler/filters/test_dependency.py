from swarmd.scheduler.filters.dependency import dependency
from swarmd.scheduler.placement import Pin, Placement
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import conditions, indexed, nodes, passing, reasons

BOTH = Pin("--volumes-from=data", frozenset({"node-1:2375", "node-2:2375"}), "data is not there")
ONE = Pin("--link=db:db", frozenset({"node-2:2375"}), "db is not there")
NOWHERE = Pin("--net=container:nope", frozenset(), "no such container")


def test_all_dependencies_must_be_there() -> None:
    wanted = Placement(dependencies=(BOTH, ONE))
    assert passing("dependency", wanted, nodes(3)) == ["node-2"]
    said = reasons("dependency", wanted, nodes(3))
    assert said == ["data is not there", "db is not there"]


def test_what_holds_together_is_said_where_they_are_apart() -> None:
    def advice(*pins: Pin) -> list[str]:
        fleet = indexed(nodes(3))
        rules = dependency(Placement(dependencies=pins), fleet, make_policy())
        return [rule.advice[:40] for rule in rules]

    assert advice(ONE) == [""] and advice(ONE, ONE._replace(condition="--ipc=db")) == [""] * 2
    assert advice(ONE, BOTH) == ["all that a container is tied to must be "] * 2


def test_what_exists_nowhere_fits_nowhere() -> None:
    wanted = Placement(dependencies=(NOWHERE,))
    assert passing("dependency", wanted, nodes(2)) == []
    assert conditions("dependency", wanted, []) == ["--net=container:nope"]


def test_pins_are_a_filter_of_their_own() -> None:
    wanted = Placement(pins=(ONE,))
    assert passing("pin", wanted, nodes(3)) == ["node-2"]
    assert passing("dependency", wanted, nodes(3)) == ["node-1", "node-2", "node-3"]
