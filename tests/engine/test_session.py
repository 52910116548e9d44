"""What goes on while an engine is well: events, details, lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred, DeferredSemaphore

from swarmd.cluster.actions import (
    EngineValidated,
    EventSeen,
)
from swarmd.engine.limits import Gates
from tests.engine.scripted import EPOCH, Rig, Script, container_item, event

ONE, TWO = "1" * 64, "2" * 64
KEY = "10.0.0.1:2375"
SECOND = 10**9
START = int(EPOCH) * SECOND


def steady(rig: Rig, *containers: str, **script: Any) -> Script:
    """An engine with these containers, healthy, its requests of the start forgotten."""
    items = [container_item(each) for each in containers]
    made = Script(rig.clock, lists={"/containers/json": items}, **script)
    rig.track(made)
    rig.pass_time(0.2)
    assert rig.engine().healthy
    made.calls.clear()
    made.targets.clear()
    return made


# Events


def test_an_event_goes_to_listeners_first() -> None:
    rig = Rig()
    order: list[str] = []

    def on_event(key: str, record: Mapping[str, Any]) -> None:
        order.append(f"listener {key} {record['Action']}")

    def dispatch(action: Any) -> None:
        if isinstance(action, EventSeen):
            order.append("cluster")
        rig.state.dispatch(action)

    rig.context = replace(rig.context, on_event=on_event, dispatch=dispatch)
    steady(rig, ONE).subscription.send(event("die", ONE, nano=START + 1))
    assert order == [f"listener {KEY} die", "cluster"]
    assert rig.state.containers[ONE].state == "exited"


def test_a_listener_that_fails_does_not_end_the_stream(failures: list[str]) -> None:
    rig = Rig()
    rig.context = replace(rig.context, on_event=lambda key, record: 1 // 0)  # type: ignore[arg-type,return-value]
    script = steady(rig)
    script.subscription.send(event("die", ONE, nano=START + 1))
    assert "ZeroDivisionError" in failures.pop()
    assert script.subscription.open


def test_a_reconnect_begins_where_the_last_stream_ended() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    last = event("pause", ONE, nano=START + 7)
    script.subscription.send(event("start", ONE, nano=START + 5), last)
    script.subscription.end()
    rig.pass_time(1.0)
    assert f"/v1.41/events?since={int(EPOCH)}.000000007" in script.targets
    script.subscription.send(last, event("unpause", ONE, nano=START + 7))
    assert [record["Action"] for _, record in rig.events] == ["start", "pause", "unpause"]


def test_after_a_reconnect_all_is_listed_again() -> None:
    """The engine may have forgotten events, or dropped them: no stream tells that."""
    rig = Rig()
    script = steady(rig, ONE, TWO)
    script.lists["/containers/json"] = [container_item(TWO)]
    script.subscription.end()
    rig.pass_time(1.0)
    assert set(rig.state.containers) == {TWO}


def test_a_clock_that_was_set_back_does_not_silence_the_engine() -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.send(event("start", ONE, nano=START + 10**6))
    script.clock_error = -3600.0
    script.subscription.end()
    rig.pass_time(1.0)
    (target,) = [target for target in script.targets if "/events" in target]
    assert float(target.partition("since=")[2]) == pytest.approx(EPOCH - 3600, abs=2)


def long_event(action: str, actor: str) -> list[bytes]:
    """As an engine of release 20.10 writes it, whose command has more than 4 MiB."""
    more = [b"<words>" * 9_000 + b'\\"{'] * 70
    status, ends = f'{{"status":"{action}: '.encode(), f'","id":"{actor}","Action":"{action}: '
    tail = f'","Actor":{{"ID":"{actor}","Attributes":{{}}}},"timeNano":{START + 7}}}\n'
    return [status, *more, ends.encode(), *more, tail.encode()]


def test_an_exec_with_a_command_of_megabytes_costs_nothing() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    for piece in long_event("exec_create", ONE):
        script.subscription.receive(piece)
    script.subscription.send(event("pause", ONE, nano=START + 9))
    rig.pass_time(1.0)
    assert [record["Action"] for _, record in rig.events] == ["pause"]
    assert len(script.streams) == 1 and script.streams[0].open
    assert not [target for target in script.targets if "_ping" not in target]


def test_what_an_event_that_is_too_long_may_have_changed_is_asked_for() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    for piece in long_event("start", ONE):
        script.subscription.receive(piece)
    assert ONE in rig.engine().dirty
    assert script.streams[0].open


def test_of_whom_nobody_knows_whom_it_is_about_all_is_listed_in_time() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    script.subscription.receive(b'{"x":"' + b"y" * (5 << 20))
    script.subscription.receive(b'"}\n')
    rig.pass_time(1.0)
    assert script.streams[0].open
    assert not [target for target in script.targets if "/containers/json" in target]
    rig.pass_time(60.0)
    assert [target for target in script.targets if "/containers/json" in target]


def test_a_stream_that_has_no_lines_is_begun_anew() -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.send(event("start", ONE, nano=START + 5))
    for _ in range(75):
        script.subscription.receive(b'{"a": "' + b"x" * (1 << 20))
    assert not script.streams[0].open
    rig.pass_time(1.0)
    assert rig.engine().healthy
    (target,) = [target for target in script.targets if "/events" in target]
    assert float(target.partition("since=")[2]) > EPOCH + 0.1


def test_a_stream_that_is_no_json_is_begun_anew() -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.receive(b"<html>\n")
    rig.pass_time(1.0)
    assert len(script.streams) == 2
    assert rig.engine().healthy


@pytest.mark.parametrize("line", [b"[]\n", b"{}\n", b'{"Actor": {}, "timeNano": "x"}\n', b"7\n"])
def test_what_is_no_event_does_no_harm(line: bytes) -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.receive(line)
    assert script.subscription.open


def test_a_reload_of_the_daemon_is_picked_up() -> None:
    rig = Rig()
    script = steady(rig)
    script.info["Labels"] = ["zone=b"]
    script.subscription.send(event("reload", "ID", nano=START + 1, kind="daemon"))
    assert rig.engine().labels["zone"] == "b"
    assert script.calls == ["/info", "/version"]


def test_an_engine_that_joins_a_swarm_is_asked_anew() -> None:
    """As the manager it may make overlay networks, from then on."""
    rig = Rig()
    script = steady(rig)
    script.info["Swarm"] = {"ControlAvailable": True}
    joined = event("create", "i1", nano=START + 1, kind="network")
    joined["Actor"]["Attributes"] = {"name": "ingress", "type": "overlay"}
    script.subscription.send(joined)
    assert rig.engine().spec.swarm_manager


def test_a_list_that_can_not_be_had_is_told_and_asked_for_again() -> None:
    rig = Rig()
    script = Script(rig.clock, failing={"/images/json": 500})
    tracker = rig.track(script)
    rig.pass_time(0.5)
    engine = rig.engine()
    assert engine.healthy
    assert engine.stale == {"images"}
    assert engine.warnings == ("its images are not known: HTTP 500: as scripted",)
    script.failing.clear()
    Deferred.fromCoroutine(tracker.refresh_list("images"))
    assert (engine.stale, engine.warnings) == (set(), ())


def test_a_reload_that_can_not_be_read_is_left_to_the_next_time() -> None:
    rig = Rig()
    script = steady(rig)
    script.failing["/info"] = 500
    script.subscription.send(event("reload", "ID", nano=START + 1, kind="daemon"))
    assert rig.engine().healthy
    assert script.subscription.open


# Details


def test_details_are_learnt_in_the_background_a_few_at_a_time() -> None:
    rig = Rig()
    ids = [f"{number:064}" for number in range(10)]
    items = [container_item(each) for each in ids]
    held = {f"/containers/{each}/json": [] for each in ids}
    script = Script(rig.clock, lists={"/containers/json": items}, held=held)
    rig.track(script)
    rig.pass_time(0.2)
    assert rig.engine().healthy
    assert script.under_way == 4
    for each in ids:
        script.let_go(f"/containers/{each}/json")
    assert all(rig.state.containers[each].detailed for each in ids)


def test_the_whole_fleet_has_a_bound_too() -> None:
    rig = Rig(gates=Gates(inspects=DeferredSemaphore(3)))
    scripts = []
    for number in range(1, 4):
        items = [container_item(f"{number}{n:063}") for n in range(4)]
        held = {f"/containers/{item['Id']}/json": [] for item in items}
        script = Script(
            rig.clock, info={"ID": str(number)}, lists={"/containers/json": items}, held=held
        )
        scripts.append(script)
        rig.track(script, f"10.0.0.{number}:2375")
    rig.pass_time(0.2)
    assert sum(script.under_way for script in scripts) == 3


def test_the_lists_of_a_fleet_are_bounded() -> None:
    rig = Rig(gates=Gates(lists=DeferredSemaphore(2)))
    scripts = [
        Script(rig.clock, info={"ID": str(number)}, held={"/containers/json": []})
        for number in range(5)
    ]
    for number, script in enumerate(scripts):
        rig.track(script, f"10.0.0.{number}:2375")
    rig.pass_time(0.2)
    assert sum(script.under_way for script in scripts) == 2
    for _ in range(3):
        for script in scripts:
            if script.held.get("/containers/json"):
                script.let_go("/containers/json")
                script.held.pop("/containers/json", None)
    assert all(engine.healthy for engine in rig.state.engines.values())


def test_a_container_made_behind_our_back_is_inspected_shortly_after() -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.send(
        event("create", ONE, nano=START + 1), event("start", ONE, nano=START + 2)
    )
    rig.pass_time(0.2)
    assert script.calls == []
    rig.pass_time(0.2)
    assert script.calls == [f"/containers/{ONE}/json"]
    assert rig.state.containers[ONE].detailed


def test_a_container_that_came_and_went_is_not_asked_for() -> None:
    rig = Rig()
    script = steady(rig)
    script.subscription.send(
        event("create", ONE, nano=START + 1), event("destroy", ONE, nano=START + 2)
    )
    rig.pass_time(1.0)
    assert script.calls == []


def test_events_of_known_containers_cost_nothing() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    for number in range(100):
        script.subscription.send(event("pause", ONE, nano=START + number))
    rig.pass_time(1.0)
    assert script.calls == []


def test_new_limits_are_read() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    script.subscription.send(event("update", ONE, nano=START + 1))
    assert script.calls == [f"/containers/{ONE}/json"]


def test_a_failed_inspect_is_left_to_the_next_list() -> None:
    rig = Rig(jitter=0.0)
    script = steady(rig, failing={f"/containers/{ONE}/json": 500})
    script.subscription.send(event("create", ONE, nano=START + 1))
    rig.pass_time(1.0)
    assert script.calls == [f"/containers/{ONE}/json"]
    script.failing.clear()
    script.lists["/containers/json"] = [container_item(ONE)]
    rig.pass_time(31.0)
    assert rig.state.containers[ONE].detailed


# Health


def test_a_ping_every_heartbeat() -> None:
    rig = Rig()
    script = steady(rig)
    rig.pass_time(25.0)
    assert script.calls.count("/_ping") == 5
    assert rig.engine().updated == pytest.approx(EPOCH + 22.5, abs=0.3)


def test_one_failed_ping_is_forgotten() -> None:
    rig = Rig()
    script = steady(rig)
    script.hung = True
    rig.pass_time(4.7)
    assert (rig.engine().failures, rig.engine().error) == (1, "no answer within 2 s")
    script.hung = False
    rig.pass_time(1.0)
    assert (rig.engine().failures, rig.engine().error) == (0, "")
    assert rig.engine().healthy


def test_an_engine_that_talks_is_not_pinged() -> None:
    rig = Rig()
    script = steady(rig, ONE)
    for number in range(50):
        script.subscription.send(event("pause", ONE, nano=START + number))
        rig.pass_time(0.5)
    assert "/_ping" not in script.calls


def test_a_clock_that_is_off_is_known_and_steady() -> None:
    rig = Rig()
    script = Script(rig.clock, clock_error=90.0)
    rig.track(script)
    rig.pass_time(0.2)
    assert rig.engine().spec.clock_offset == pytest.approx(-90.0, abs=0.01)
    script.clock_error = 90.05
    script.subscription.send(event("reload", "ID", nano=START + 1, kind="daemon"))
    offsets = [action.spec.clock_offset for action in rig.of(EngineValidated)]
    assert offsets[0] == offsets[1]
