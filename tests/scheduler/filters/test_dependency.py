from swarmd.scheduler.request import Pin, Placement
from tests.scheduler.fleet import conditions, nodes, passing, reasons

BOTH = Pin("--volumes-from=data", frozenset({"node-1:2375", "node-2:2375"}), "data is not there")
ONE = Pin("--link=db:db", frozenset({"node-2:2375"}), "db is not there")
NOWHERE = Pin("--net=container:nope", frozenset(), "no such container")


def test_all_dependencies_must_be_there() -> None:
    wanted = Placement(dependencies=(BOTH, ONE))
    assert passing("dependency", wanted, nodes(3)) == ["node-2"]
    said = reasons("dependency", wanted, nodes(3))
    assert said == ["data is not there", "db is not there"]


def test_what_exists_nowhere_fits_nowhere() -> None:
    wanted = Placement(dependencies=(NOWHERE,))
    assert passing("dependency", wanted, nodes(2)) == []
    assert conditions("dependency", wanted, []) == ["--net=container:nope"]


def test_pins_are_a_filter_of_their_own() -> None:
    wanted = Placement(pins=(ONE,))
    assert passing("pin", wanted, nodes(3)) == ["node-2"]
    assert passing("dependency", wanted, nodes(3)) == ["node-1", "node-2", "node-3"]
