from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.engine.client import EngineClient
from swarmd.engine.identify import EngineIdentity, identify, steady_offset
from tests.engine.scripted import EPOCH, Script


def identity_of(script: Script, old: float = 0.0) -> EngineIdentity:
    found: list[Any] = []
    work = identify(EngineClient(script, 10.0), lambda: EPOCH + script.clock.seconds(), old)
    Deferred.fromCoroutine(work).addBoth(found.append)
    identity: EngineIdentity = found[0]
    return identity


def test_all_that_an_engine_tells() -> None:
    info = {
        "OSType": "linux",
        "Architecture": "x86_64",
        "KernelVersion": "6.1.0",
        "OperatingSystem": "Debian",
        "Driver": "overlay2",
        "Labels": ["zone=a", "flag", "zone=b", "eq=a=b"],
        "Swarm": {"ControlAvailable": True},
    }
    spec = identity_of(Script(Clock(), info=info)).spec
    assert (spec.name, spec.cpus, spec.memory, spec.version) == ("node-1", 4, 1 << 30, "20.10")
    assert (spec.api_min, spec.api_max) == ((1, 12), (1, 41))
    assert (spec.os_type, spec.architecture, spec.kernel) == ("linux", "x86_64", "6.1.0")
    assert (spec.operating_system, spec.storage_driver) == ("Debian", "overlay2")
    assert spec.labels == {"zone": "a", "flag": "", "eq": "a=b"}
    assert spec.swarm_manager
    assert b'"Driver":"overlay2"' in spec.info


def test_what_is_another_at_each_reading_does_not_make_another_engine() -> None:
    """Else all that is made once for an engine would be made again, and kept, each minute."""
    first, second = (
        {"SystemTime": f"2026-01-01T00:00:0{second}Z", "Containers": second, "NGoroutines": second}
        for second in (1, 2)
    )
    one, two = (identity_of(Script(Clock(), info=info)).spec.info for info in (first, second))
    assert one == two and b"node-1" in one


def test_what_an_old_engine_leaves_out() -> None:
    spec = identity_of(Script(Clock(), about={"MinAPIVersion": "", "Arch": "amd64"})).spec
    assert (spec.api_min, spec.os_type, spec.architecture) == ((1, 12), "linux", "amd64")
    assert not spec.swarm_manager


def test_an_engine_without_a_clock_has_ours() -> None:
    identity = identity_of(Script(Clock(), info={"SystemTime": None}))
    assert (identity.clock, identity.spec.clock_offset) == (EPOCH, 0.0)


def test_a_clock_that_runs_ahead_has_a_negative_offset() -> None:
    identity = identity_of(Script(Clock(), clock_error=30.0))
    assert identity.spec.clock_offset == pytest.approx(-30.0)
    assert identity.clock == pytest.approx(EPOCH + 30.0)


@pytest.mark.parametrize(
    ("measured", "old", "steady"),
    [
        (0.05, 0.0, 0.0),
        (0.5, 0.0, 0.5),
        (0.5, 0.45, 0.45),
        (0.5, 3.0, 0.5),
        (0.05, 3.0, 0.0),
        (-7.0, 0.0, -7.0),
    ],
)
def test_an_offset_moves_only_if_it_must(measured: float, old: float, steady: float) -> None:
    assert steady_offset(measured, old, 0.1) == steady
