from itertools import count

import pytest

from swarmd.core.errors import BadParameter
from swarmd.manager.fleet.placer import CONSTRAINTS, Placer, label_constraints, node_pin
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.refusal import NoCandidate
from swarmd.scheduler.registry import make_policy
from tests.manager.rig import Rig


def placer(rig: Rig, policy: str = "spread") -> Placer:
    numbers = count()
    return Placer(rig.fleet, make_policy(policy), lambda: next(numbers))


def test_the_emptiest_comes_first_and_the_tried_are_left_out() -> None:
    rig = Rig(3)
    rig.has_container(1, "a" * 64, "web")
    ranked = placer(rig).rank(Placement(), without=[rig.engine(2).key])
    assert [engine.name for engine in ranked] == ["node-3", "node-1"]


def test_each_random_placement_draws_anew() -> None:
    rig = Rig(9)
    at_random = placer(rig, "random")
    firsts = {at_random.rank(Placement())[0].name for _ in range(40)}
    assert len(firsts) > 3


def test_a_node_in_a_name_is_a_pin() -> None:
    rig = Rig(3)
    wanted = Placement(pins=(node_pin(rig.engine(2)),))
    assert [engine.name for engine in placer(rig).rank(wanted)] == ["node-2"]
    rig.lose(2)
    with pytest.raises(NoCandidate, match="the name asks for node-2"):
        placer(rig).rank(wanted)


def test_explain_tells_of_every_engine() -> None:
    rig = Rig(2)
    rig.lose(1)
    explanation = placer(rig).explain(Placement())
    assert explanation.chosen == "node-2" and len(explanation.standings) == 2


def test_constraints_in_labels() -> None:
    (one, two) = label_constraints({CONSTRAINTS: '["zone==a", "disk!=hdd"]'})
    assert (str(one), str(two)) == ("zone==a", "disk!=hdd")
    assert label_constraints(None) == label_constraints({}) == ()


@pytest.mark.parametrize("text", ["zone==a", '{"zone": "a"}', "[1]", '["zone"]'])
def test_labels_that_are_none(text: str) -> None:
    with pytest.raises(BadParameter):
        label_constraints({CONSTRAINTS: text})
