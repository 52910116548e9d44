from __future__ import annotations

import pytest

from swarmd.core.errors import BadParameter
from swarmd.manager.overlay.standing import ADDRESS_LABEL
from tests.manager.overlay.engines import Swarms
from tests.manager.rig import result_of


def test_who_does_not_answer_is_in_the_table_with_the_reason() -> None:
    swarms = Swarms(2)
    swarms.rig.lose(2)
    first, second = result_of(swarms.overlay._surveyor.table())
    assert first.outside and first.address == "10.0.0.1"
    assert second.problem == "does not answer: no answer"


def test_a_label_tells_where_other_nodes_reach_it() -> None:
    swarms = Swarms(1)
    swarms.rig.validate(1, labels={ADDRESS_LABEL: "192.168.7.1"})
    (one,) = result_of(swarms.overlay._surveyor.table())
    assert one.address == "192.168.7.1"


def test_constraints_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(BadParameter):
        result_of(Swarms(1).overlay._surveyor.table(["zone=="]))
