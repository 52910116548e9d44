"""What the next process needs of the operators' work, and what it makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from twisted.internet.defer import Deferred, succeed

from swarmd.core.errors import Unavailable
from swarmd.manager.nodes.operator_state import NodeIntent, OperatorState
from swarmd.manager.rescheduling.absence import Absence
from swarmd.service.handover.operators_work import OperatorsWork
from tests.manager.rig import result_of


class Work:
    def __init__(self, folder: str | None = None) -> None:
        self.state = OperatorState(folder)
        self.parts: Any = Mock()
        self.parts.rescheduler.absences.return_value = [Absence("a:1", (), 3.0)]
        self.parts.drainer.reports.return_value = {"a:1": [{"Node": "n"}]}
        self.parts.changes.up.return_value = ["b:1"]
        parts = self.parts
        moving = parts.drainer, parts.rebalancer
        self.work = OperatorsWork(
            self.state, parts.rescheduler, *moving, parts.changes, parts.watcher
        )


def test_what_one_has_left_the_next_one_goes_on_with(tmp_path: Path) -> None:
    old, new = Work(str(tmp_path)), Work(str(tmp_path))
    result_of(old.state.change_node("a:1", lambda _: NodeIntent(cordoned=True)))
    document = orjson.loads(orjson.dumps(old.work.document()))
    old.work.leave()
    with pytest.raises(Unavailable):
        result_of(old.state.change_node("a:1", lambda _: NodeIntent()))
    new.work.begin(document)
    assert new.state.node("a:1").cordoned
    new.parts.rescheduler.go_on.assert_called_once_with([Absence("a:1", (), 3.0)])
    new.parts.drainer.go_on.assert_called_once_with({"a:1": [{"Node": "n"}]})
    new.parts.changes.go_on.assert_called_once_with(["b:1"])
    new.parts.watcher.begin.assert_called_once_with()
    assert OperatorState(str(tmp_path)).node("a:1").cordoned


def test_without_a_state_folder_it_is_known_all_the_same() -> None:
    old, new = Work(), Work()
    result_of(old.state.change_node("a:1", lambda _: NodeIntent(labels={"x": "y"})))
    new.work.begin(orjson.loads(orjson.dumps(old.work.document())))
    assert new.state.node("a:1").labels == {"x": "y"}


def test_one_who_was_not_followed_after_all_decides_again() -> None:
    old = Work()
    document = old.work.document()
    old.work.leave()
    old.work.resume()
    old.work.begin(document)
    result_of(old.state.change_node("a:1", lambda _: NodeIntent(cordoned=True)))
    assert old.state.node("a:1").cordoned


@pytest.mark.parametrize("document", [{}, {"absences": [{}]}, {"absences": [], "book": {}}])
def test_what_is_not_understood_is_told(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not understood"):
        Work().work.begin(document)


def test_the_state_of_one_that_was_killed_is_on_the_disk(tmp_path: Path) -> None:
    new = Work(str(tmp_path))
    result_of(Work(str(tmp_path)).state.change_node("a:1", lambda _: NodeIntent(cordoned=True)))
    new.work.begin_alone()
    assert new.state.node("a:1").cordoned


def test_a_rebalance_pauses_as_a_drain_does() -> None:
    old, ends = Work(), Deferred[None]()
    old.parts.drainer.pause.return_value = old.parts.rescheduler.pause.return_value = succeed(None)
    old.parts.rebalancer.pause.return_value = ends
    over: list[object] = []
    old.work.pause().addCallback(over.append)
    assert not over
    ends.callback(None)
    assert over
    old.work.break_off()
    old.parts.rebalancer.break_off.assert_called_once_with()
    old.work.resume()
    old.parts.rebalancer.resume.assert_called_once_with()
