import pytest

from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import conditions, make_engine, passing, reasons, run


@pytest.mark.parametrize(
    ("label", "passes"),
    [("3", True), ("2", False), ("0", False), ("-1", False), ("many", True), ("", True)],
)
def test_containers_of_every_state_take_a_slot(label: str, passes: bool) -> None:
    one = make_engine("node-1", containerslots=label)
    run(one)
    run(one, state="exited")
    assert bool(passing("containerslots", Placement(), [one])) is passes


def test_no_label_is_no_limit() -> None:
    one = make_engine("node-1")
    run(one)
    assert passing("containerslots", Placement(), [one]) == ["node-1"]


def test_words() -> None:
    one = make_engine("node-1", containerslots="0")
    said = reasons("containerslots", Placement(), [one])
    assert said == ["all of its 0 container slots are taken"]
    assert conditions("containerslots", Placement(), [one]) == ["available container slots"]
