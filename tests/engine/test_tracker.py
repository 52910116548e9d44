"""Finding, losing and finding again."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import pytest

from swarmd.cluster.actions import EngineFailed, EngineRejected, EngineUnlisted, EngineValidated
from swarmd.core.model import Health
from swarmd.engine.limits import Timing
from swarmd.engine.session import Session
from swarmd.engine.tracker import EngineTracker
from tests.engine.scripted import ENGINE_ID, EPOCH, Rig, Script, container_item

ONE = "1" * 64
HEARTBEAT = Timing().heartbeat


def healthy(rig: Rig, script: Script) -> None:
    rig.track(script)
    rig.pass_time(0.2)
    assert rig.engine().health is Health.HEALTHY


def test_an_engine_is_found() -> None:
    rig = Rig()
    script = Script(rig.clock, info={"Labels": ["zone=a"]})
    healthy(rig, script)
    engine = rig.engine()
    assert (engine.name, engine.spec.id, engine.labels["zone"]) == ("node-1", ENGINE_ID, "a")
    assert script.node == "node-1"


def test_events_are_subscribed_to_before_anything_is_listed() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    assert script.calls == [
        "/info",
        "/version",
        "/events",
        "/containers/json",
        "/images/json",
        "/networks",
        "/volumes",
    ]
    assert script.targets[2] == f"/v1.41/events?since={EPOCH:.0f}.062500000"
    assert script.targets[3] == "/v1.41/containers/json?all=1"


def test_healthy_means_listed() -> None:
    rig = Rig()
    script = Script(rig.clock, held={"/volumes": []})
    rig.track(script)
    rig.pass_time(0.2)
    assert rig.engine().health is Health.PENDING
    script.let_go("/volumes")
    assert rig.engine().health is Health.HEALTHY


@pytest.mark.parametrize("kind", ["/images/json", "/networks", "/volumes"])
def test_a_broken_driver_does_not_take_the_engine_away(kind: str) -> None:
    rig = Rig()
    healthy(rig, Script(rig.clock, failing={kind: 500}))


def test_an_engine_that_cannot_list_its_containers_is_not_healthy() -> None:
    rig = Rig()
    rig.track(Script(rig.clock, failing={"/containers/json": 500}))
    rig.pass_time(1.0)
    assert rig.engine().health is Health.PENDING
    assert rig.engine().error == "HTTP 500: as scripted"


def test_an_engine_that_is_down_is_pending_and_says_why() -> None:
    rig = Rig()
    rig.track(Script(rig.clock, down=True))
    rig.pass_time(0.2)
    assert rig.engine().health is Health.PENDING
    assert rig.engine().error == "connection refused"


@pytest.mark.parametrize("outage", [3, 60, 3600])
def test_an_engine_that_is_back_is_noticed_within_seconds(outage: int) -> None:
    rig = Rig()
    script = Script(rig.clock, down=True)
    rig.track(script)
    rig.pass_time(outage, step=0.5)
    script.down = False
    rig.pass_time(8.0)
    assert rig.engine().health is Health.HEALTHY


def test_a_dead_engine_is_noticed_at_once() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    script.die()
    rig.clock.advance(0)
    assert rig.engine().health is Health.UNHEALTHY
    assert rig.engine().error == "connection refused"


@pytest.mark.parametrize("heartbeat", [1.0, 5.0, 10.0])
@pytest.mark.parametrize("moment", [0.1, 0.9, 2.4, 2.6, 4.9])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.99])
def test_a_hung_engine_is_noticed_within_three_heartbeats(
    heartbeat: float, moment: float, jitter: float
) -> None:
    rig = Rig(jitter, heartbeat=heartbeat)
    script = Script(rig.clock)
    healthy(rig, script)
    rig.pass_time(2 * heartbeat + moment * heartbeat / 5)
    script.hung = True
    rig.pass_time(3 * heartbeat)
    assert rig.engine().health is Health.UNHEALTHY
    assert "no answer within" in rig.engine().error


def test_an_engine_that_hangs_while_it_is_validated_is_given_up_and_tried_again() -> None:
    rig = Rig()
    script = Script(rig.clock, hung=True)
    rig.track(script)
    rig.pass_time(11.0)
    assert rig.engine().error == "no answer within 10 s"
    script.hung = False
    rig.pass_time(12.0)
    assert rig.engine().health is Health.HEALTHY


def test_the_subscription_has_a_time_limit() -> None:
    rig = Rig()
    script = Script(rig.clock, held={"/version": []})
    rig.track(script)
    rig.pass_time(0.2)
    script.hung = True
    script.let_go("/version")
    rig.pass_time(10.5)
    assert rig.engine().error == "event stream: no answer within 10 s"
    assert script.under_way == 0


def test_a_broken_stream_of_a_living_engine_is_mended_without_a_word() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    script.subscription.end()
    assert rig.engine().health is Health.HEALTHY
    rig.pass_time(1.0)
    assert len(script.streams) == 2
    assert script.calls.count("/containers/json") == 2
    assert rig.of(EngineFailed) == []


def test_streams_that_never_last_do_not_make_a_busy_loop() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    for _ in range(600):
        if script.subscription.open:
            script.subscription.end()
        rig.clock.advance(0.1)
    assert len(script.streams) < 20


def test_a_refused_subscription_is_told() -> None:
    rig = Rig()
    rig.track(Script(rig.clock, failing={"/events": 500}))
    rig.pass_time(0.2)
    assert rig.engine().error == "HTTP 500: as scripted"


def test_a_recovered_engine_is_validated_and_listed_again() -> None:
    rig = Rig()
    script = Script(rig.clock, lists={"/containers/json": [container_item(ONE)]})
    healthy(rig, script)
    script.die()
    assert ONE in rig.state.containers
    script.info |= {"Name": "renamed", "Labels": ["zone=b"]}
    script.about["Version"] = "28.5"
    script.lists["/containers/json"] = []
    script.down = False
    rig.pass_time(2.0)
    engine = rig.engine()
    assert engine.health is Health.HEALTHY
    assert (engine.name, engine.labels["zone"], engine.spec.version) == ("renamed", "b", "28.5")
    assert ONE not in rig.state.containers
    assert script.node == "renamed"


def test_another_engine_behind_the_address_is_taken_for_what_it_is() -> None:
    rig = Rig()
    script = Script(rig.clock, lists={"/containers/json": [container_item(ONE)]})
    healthy(rig, script)
    script.die()
    script.info["ID"] = "CCCC"
    script.lists["/containers/json"] = []
    script.down = False
    rig.pass_time(2.0)
    assert rig.engine().spec.id == "CCCC"
    assert rig.engine().healthy
    assert ONE not in rig.state.containers


def test_a_second_address_of_an_engine_is_refused_until_the_first_leaves() -> None:
    rig = Rig()
    first, second = Script(rig.clock), Script(rig.clock)
    leaving = rig.track(first)
    rig.pass_time(0.2)
    rig.track(second, "10.0.0.2:2375")
    rig.pass_time(1.0)
    engine = rig.engine("10.0.0.2:2375")
    assert engine.health is Health.PENDING
    assert ENGINE_ID in engine.error and "node-1" in engine.error
    assert second.streams == []
    leaving.stopService()
    rig.state.dispatch(EngineUnlisted("10.0.0.1:2375"))
    rig.pass_time(31.0)
    assert rig.engine("10.0.0.2:2375").healthy


@pytest.mark.parametrize(
    ("info", "about", "words"),
    [
        ({}, {"ApiVersion": "1.23"}, "too old"),
        ({}, {"ApiVersion": "9.9", "MinAPIVersion": "9.0"}, "too new"),
        ({"NCPU": 0}, {}, "its CPUs"),
        ({"NCPU": "many"}, {}, "not understood"),
        ({}, {"ApiVersion": "new"}, "not understood"),
        ({"Swarm": []}, {"ApiVersion": 1.41}, "not understood"),
        ({"SystemTime": 12}, {}, "not understood"),
    ],
)
def test_what_can_not_be_managed_is_refused(
    info: dict[str, object], about: dict[str, object], words: str
) -> None:
    rig = Rig()
    rig.track(Script(rig.clock, info=info, about=about))
    rig.pass_time(0.2)
    assert rig.engine().health is Health.PENDING
    assert words in rig.engine().error
    assert len(rig.of(EngineRejected)) == 1


@pytest.mark.parametrize("list_body", [{"a": 1}, "text", 7])
def test_what_is_no_docker_engine_is_told(list_body: object) -> None:
    rig = Rig()
    rig.track(Script(rig.clock, lists={"/containers/json": list_body}))
    rig.pass_time(0.2)
    assert rig.engine().error == "the answer is not that of a Docker Engine"


def test_a_mistake_of_ours_does_not_end_the_tracking(failures: list[str]) -> None:
    rig = Rig()
    script = Script(rig.clock, lists={"/volumes": {"Volumes": 5}})
    original, failed = script.call, []

    async def once_broken(method: str, target: str, **options: float) -> object:
        if target.endswith("/networks") and not failed:
            failed.append(target)
            raise ZeroDivisionError("ours")
        return await original(method, target, **options)

    script.call = once_broken  # type: ignore[method-assign,assignment]
    rig.track(script)
    rig.pass_time(0.2)
    assert "ZeroDivisionError" in failures.pop()
    assert rig.engine().error == "internal error: ZeroDivisionError('ours')"
    rig.pass_time(2.0)
    assert rig.engine().healthy


def test_when_others_found_it_lost_it_is_listed_again() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    rig.state.dispatch(EngineFailed(rig.engine().key, "a call failed", EPOCH, fatal=True))
    rig.pass_time(HEARTBEAT + 3.0)
    assert rig.engine().healthy
    assert script.calls.count("/containers/json") == 2


def test_the_spec_is_read_again_now_and_then() -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    script.info["Name"] = "renamed"
    rig.pass_time(400.0, step=0.5)
    assert rig.engine().name == "renamed"
    assert len(rig.of(EngineValidated)) == 2
    script.info["ID"] = "CCCC"
    rig.pass_time(400.0, step=0.5)
    assert rig.engine().spec.id == "CCCC"
    assert len(script.streams) == 2


STOPS: list[Callable[[Script], None]] = [
    lambda script: script.held.update({"/info": []}),
    lambda script: script.held.update({"/version": []}),
    lambda script: setattr(script, "hung", True),
    lambda script: script.held.update({"/containers/json": []}),
    lambda script: script.held.update({"/volumes": []}),
    lambda script: script.held.update({f"/containers/{ONE}/json": []}),
    lambda script: script.held.update({"/_ping": []}),
    lambda script: setattr(script, "down", True),
    lambda script: None,
]


@pytest.mark.parametrize("prepare", STOPS)
@pytest.mark.parametrize("lived", [0.01, 0.5, 8.0, 40.0])
def test_nothing_is_left_when_it_stops(prepare: Callable[[Script], None], lived: float) -> None:
    rig = Rig()
    script = Script(rig.clock, lists={"/containers/json": [container_item(ONE)]})
    prepare(script)
    rig.track(script)
    rig.pass_time(lived)
    rig.stop()


def _last_failure(rig: Rig) -> EngineFailed:
    failed: EngineFailed = rig.of(EngineFailed)[-1]
    assert failed.fatal and not rig.engine().healthy
    return failed


@pytest.mark.parametrize("down", [True, False])
def test_an_engine_that_dies_or_hangs_is_silent(down: bool) -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    if down:
        script.die()
    script.hung = True
    rig.pass_time(30.0)
    assert _last_failure(rig).silent
    assert all(failed.silent for failed in rig.of(EngineFailed))


@pytest.mark.parametrize("path", ["/_ping", "/info", "/version", "/events", "/containers/json"])
@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_engine_that_refuses_is_not_silent(path: str, status: int) -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    script.failing[path] = status
    if path != "/_ping":
        script.subscription.end()
    rig.pass_time(30.0)
    assert not _last_failure(rig).silent
    assert not any(failed.silent for failed in rig.of(EngineFailed))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[1"])
def test_an_engine_that_says_what_nobody_understands_is_not_silent(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    monkeypatch.setattr(script, "_body", lambda path: body)
    script.subscription.end()
    rig.pass_time(30.0)
    assert not _last_failure(rig).silent


def test_a_mistake_of_ours_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(session: Session) -> None:
        raise KeyError("x")

    rig = Rig()
    script = Script(rig.clock)
    healthy(rig, script)
    monkeypatch.setattr(Session, "run", fail)
    monkeypatch.setattr(EngineTracker, "_log", Mock())
    script.subscription.end()
    rig.pass_time(30.0)
    assert not _last_failure(rig).silent
