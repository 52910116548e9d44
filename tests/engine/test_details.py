from __future__ import annotations

from swarmd.cluster.actions import EngineListed, EngineUnlisted
from swarmd.engine.client import EngineClient
from swarmd.engine.details import Details
from swarmd.engine.sync import Sync
from swarmd.engine.task_group import TaskGroup
from tests.engine.scripted import Rig, Script

KEY = "10.0.0.1:2375"


def make(rig: Rig) -> tuple[Details, Script, TaskGroup]:
    script, task_group = Script(rig.clock), TaskGroup(rig.clock)
    rig.state.dispatch(EngineListed(KEY, KEY))
    sync = Sync(KEY, EngineClient(script, 10.0), rig.context)
    return Details(KEY, sync, task_group, rig.context), script, task_group


def test_each_is_asked_for_once() -> None:
    rig = Rig()
    details, script, _ = make(rig)
    rig.engine().dirty.update("abcdef")
    script.held = {f"/containers/{each}/json": [] for each in "abcdef"}
    details.want("abcdef")
    details.want("ef")
    script.let_go("/containers/a/json")
    for each in "bcdef":
        script.let_go(f"/containers/{each}/json")
    assert script.calls == [f"/containers/{each}/json" for each in "abcdef"]


def test_what_is_not_wanted_any_more_is_not_asked_for() -> None:
    rig = Rig()
    details, script, _ = make(rig)
    details.want(["gone"])
    rig.state.dispatch(EngineUnlisted(KEY))
    details.want(["of-an-engine-that-left"])
    details.want_all()
    assert script.calls == []


def test_the_gate_is_free_again_when_all_is_cancelled() -> None:
    rig = Rig()
    details, script, task_group = make(rig)
    rig.engine().dirty.update("abcdef")
    script.held = {f"/containers/{each}/json": [] for each in "abcdef"}
    details.want("abcdef")
    free = rig.context.gates.inspects.tokens
    details.meet("g")
    task_group.cancel()
    assert (free, rig.context.gates.inspects.tokens) == (28, 32)
    assert script.under_way == 0
    rig.clock.advance(0)  # the turn of the reactor ends
    assert rig.clock.getDelayedCalls() == []
