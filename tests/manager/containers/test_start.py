"""Who may start, and what is asked of engines before somebody may not."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.cluster.actions import ContainerInspected
from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError
from swarmd.manager.containers.start import NoRoom, Starter
from tests.cluster.fleet import inspect
from tests.manager.rig import Rig, result_of

MIB = 1 << 20


def has(rig: Rig, name: str, state: str, *, known: bool = True, **host: Any) -> dict[str, Any]:
    """A container on the only node, and its inspect."""
    body = inspect(1, name, Id=name * 64, State__Status=state, HostConfig=host)
    rig.has_container(1, name * 64, name, State=state)
    if known:
        rig.clock.advance(1)
        at = rig.clock.seconds()
        rig.fleet.dispatch(ContainerInspected(rig.engine(1).key, body, at))
    rig.wire(1).on("GET", f"/containers/{name * 64}/json", (200, body))
    return body


def rig_of_1000() -> tuple[Rig, Starter]:
    rig = Rig(1, memory=1000 * MIB)
    return rig, rig.creator().starter


def begun_later(starter: Starter, name: str, **more: Any) -> None:
    result_of(starter.begin_later(name * 64, **more))


def test_one_after_the_other() -> None:
    rig, starter = rig_of_1000()
    for name in "ab":
        has(rig, name, "exited", Memory=700 * MIB)
    assert starter.begin("a" * 64) and not starter.begin("b" * 64)
    starter.end("a" * 64, done=False)
    assert starter.begin("b" * 64)


def test_who_runs_already_may_start_and_restart() -> None:
    rig, starter = rig_of_1000()
    for name in "ab":
        has(rig, name, "running", Memory=700 * MIB)
    assert starter.begin("a" * 64) and starter.begin("b" * 64, again=True)


def test_the_refusal_names_node_holder_and_what_lacks() -> None:
    rig, starter = rig_of_1000()
    for name in "abcde":
        has(rig, name, "running", Memory=200 * MIB)
    has(rig, "f", "exited", Memory=300 * MIB)
    with pytest.raises(NoRoom) as refusal:
        begun_later(starter, "f")
    assert refusal.value.status == 500 and refusal.value.message == (
        "no resources available to schedule container f\n"
        "node-1: 0 B of 1000 MiB of memory are free, 300 MiB wanted (resources); "
        "in use by a, b, c and 2 more"
    )
    with pytest.raises(NoRoom, match=r"wanted \(resources\); in use by b\Z"):
        begun_later(starter, "f", seen={"b" * 64})
    with pytest.raises(NoRoom, match=r"wanted \(resources\)\Z"):
        begun_later(starter, "f", seen={})


def test_what_was_stopped_a_moment_ago_is_asked_for_before_a_refusal() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=700 * MIB)
    has(rig, "b", "exited", Memory=700 * MIB)
    rig.clock.advance(1)
    rig.state.mark_dirty("a" * 64)
    ended = {
        "Id": "a" * 64,
        "Names": ["/a"],
        "State": "exited",
        "Status": "Exited (0) 1 second ago",
    }
    rig.wire(1).on("GET", "/containers/json", (200, [ended]))
    assert not starter.begin("b" * 64)
    begun_later(starter, "b")
    assert rig.state.containers["b" * 64].starting


def test_what_its_engine_starts_again_has_ended_for_a_moment_only() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "exited", Memory=700 * MIB)
    has(rig, "b", "exited", Memory=700 * MIB)
    has(rig, "c", "exited")
    rig.clock.advance(1)
    rig.state.mark_dirty("a" * 64)
    again = {"Id": "a" * 64, "Names": ["/a"], "State": "restarting", "Status": "Restarting (1) now"}
    rig.wire(1).on("GET", "/containers/json", (200, [again]))
    assert starter.begin("c" * 64), "it asks for nothing that somebody could need again"
    assert not starter.begin("b" * 64)
    with pytest.raises(NoRoom, match="in use by a"):
        begun_later(starter, "b")


def test_what_is_not_known_of_it_is_asked_first() -> None:
    """Say it was made behind our back, and only a list has told of it."""
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=700 * MIB)
    has(rig, "b", "exited", known=False, Memory=700 * MIB)
    rig.clock.advance(1)
    assert not starter.begin("b" * 64)
    with pytest.raises(NoRoom):
        begun_later(starter, "b")


@pytest.mark.parametrize("removes_itself", [True, False])
def test_one_that_removes_itself_is_gone_after_a_refusal(removes_itself: bool) -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=700 * MIB)
    has(rig, "b", "created", Memory=700 * MIB, AutoRemove=removes_itself)
    rig.wire(1).on("DELETE", f"/containers/{'b' * 64}", (204, {}))
    with pytest.raises(NoRoom):
        begun_later(starter, "b")
    assert ("b" * 64 not in rig.state.containers) is removes_itself
    assert [method for method, _ in rig.wire(1).asked].count("DELETE") == removes_itself


def test_one_that_cannot_be_removed_is_refused_all_the_same() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=700 * MIB)
    has(rig, "b", "created", Memory=700 * MIB, AutoRemove=True)
    with pytest.raises(NoRoom):
        begun_later(starter, "b")
    assert "b" * 64 in rig.state.containers


def test_what_is_gone_is_for_its_engine_to_say() -> None:
    _, starter = rig_of_1000()
    assert starter.begin("f" * 64)
    begun_later(starter, "f")
    result_of(starter.resize("f" * 64, {"Memory": 1}))
    starter.end("f" * 64, done=True)


# Updates


def test_a_running_container_grows_as_far_as_there_is_room() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=400 * MIB)
    has(rig, "b", "running", Memory=400 * MIB)
    rig.clock.advance(1)
    with pytest.raises(NoRoom, match="600 MiB of 1000 MiB of memory are free, 700 MiB wanted"):
        result_of(starter.resize("a" * 64, {"Memory": 700 * MIB}))
    result_of(starter.resize("a" * 64, {"Memory": 600 * MIB}))
    assert rig.engine(1).tally.up.memory == 1000 * MIB
    assert not rig.state.containers["a" * 64].sized, "an inspect tells what came of it"


def test_what_an_update_does_not_give_stays() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "exited", Memory=400 * MIB, NanoCpus=10**9)
    rig.clock.advance(1)
    result_of(starter.resize("a" * 64, {"NanoCpus": 2 * 10**9, "Memory": 0}))
    demand = rig.state.containers["a" * 64].demand
    assert (demand.memory, demand.cpus) == (400 * MIB, 2 * 10**9)


def test_a_stopped_one_may_grow_and_is_judged_at_its_start() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=400 * MIB)
    has(rig, "b", "exited", Memory=100 * MIB)
    rig.clock.advance(1)
    result_of(starter.resize("b" * 64, {"Memory": 900 * MIB}))
    assert rig.state.containers["b" * 64].demand.memory == 900 * MIB


def test_more_cpus_than_there_are_is_for_the_engine_to_refuse() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=400 * MIB)
    rig.clock.advance(1)
    result_of(starter.resize("a" * 64, {"NanoCpus": 10**15}))
    assert rig.state.containers["a" * 64].demand.cpus == 0


@pytest.mark.parametrize("wrong", [{"Memory": "much"}, {"CpuQuota": [1]}, {"NanoCpus": "x"}])
def test_nonsense_is_for_the_engine_to_refuse(wrong: dict[str, Any]) -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "running", Memory=400 * MIB)
    rig.clock.advance(1)
    result_of(starter.resize("a" * 64, wrong))
    assert orjson.dumps(rig.state.containers["a" * 64].demand.memory) == b"%d" % (400 * MIB)


def test_who_may_not_start_takes_nothing() -> None:
    rig, starter = rig_of_1000()
    has(rig, "a", "exited", Memory=400 * MIB)

    def deny(container: Container) -> None:
        raise ApiError(f"not {container.name}", 403)

    with pytest.raises(ApiError, match="not a"):
        starter.begin("a" * 64, admit=deny)
    with pytest.raises(ApiError, match="not a"):
        begun_later(starter, "a", admit=deny)
    assert rig.engine(1).tally.up.memory == 0
