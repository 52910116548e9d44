"""What an operator's word means for the state; the way there: tests/api/operators/test_nodes.py."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import BadParameter, NotFound
from swarmd.manager.nodes.operator import NodeOperator
from swarmd.manager.nodes.operator_state import NodeIntent
from tests.cluster.fleet import key_of
from tests.manager.moving.rig import Rig
from tests.manager.rig import result_of


class Quiet:
    """A rescheduler with nothing to do."""

    def waiting(self, engine: Any) -> list[str]:
        return []

    def held(self, engine: Any) -> bool:
        return False

    def reschedulable(self, engine: Any) -> list[str]:
        return []


def operator(rig: Rig) -> NodeOperator:
    quiet: Any = Quiet()
    return NodeOperator(rig.fleet, rig.operator_state, rig.drainer, quiet)


def test_a_line_of_the_hosts_file_gets_back_what_was_decided() -> None:
    rig = Rig()
    result_of(
        rig.operator_state.change_node(
            key_of(1), lambda _: NodeIntent(cordoned=True, labels={"zone": "a"})
        )
    )
    operator(rig).listed(rig.node)
    assert rig.node.cordoned and rig.node.labels["zone"] == "a"


def test_an_uncordon_ends_a_drain() -> None:
    rig = Rig()
    rig.run("web")
    changed = operator(rig)
    drain = result_of(changed.drain("node-1"))
    assert changed.view(rig.node)["Availability"] == "draining"
    result_of(changed.cordon("node-1", False))
    rig.fleet.obey()
    assert drain.stopped and drain.lines[-1]["Moved"] == 1
    assert not rig.node.cordoned and rig.operator_state.node(key_of(1)) == NodeIntent()


def test_labels_are_added_and_removed_one_by_one() -> None:
    rig = Rig()
    changed = operator(rig)
    result_of(changed.label("node-1", {"a": "1", "b": "2"}, []))
    result_of(changed.label("node-1", {"c": "3"}, ["a", "nothing"]))
    assert rig.node.operator_labels == {"b": "2", "c": "3"}
    with pytest.raises(BadParameter):
        result_of(changed.label("node-1", {"a=b": "c"}, []))
    with pytest.raises(NotFound):
        result_of(changed.label("nowhere", {}, []))


def test_what_can_be_reserved_is_that_of_docker_info() -> None:
    rig = Rig()
    quiet: Any = Quiet()
    changed = NodeOperator(rig.fleet, rig.operator_state, rig.drainer, quiet, 0.05)
    view = changed.view(rig.node)
    memory = rig.node.spec.memory
    assert view["ReservableMemory"] == memory + memory * 5 // 100 and not view["Lasting"]
