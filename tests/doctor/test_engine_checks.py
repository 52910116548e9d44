from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from swarmd.core.model import Spec
from swarmd.doctor.engine_checks import of_engine, of_fleet
from swarmd.doctor.finding import Finding, Level

SPEC = Spec("ID1", "node-1", 4, 8 << 30, version="20.10.24", api_min=(1, 12), api_max=(1, 41))


def engine(**info: Any) -> list[Finding]:
    return of_engine("a:1", replace(SPEC, info=orjson.dumps(info)))


def test_a_good_engine() -> None:
    (found,) = engine(Driver="overlay2", Swarm={"LocalNodeState": "inactive"}, Warnings=None)
    assert found.level is Level.OK
    assert found.text == "node-1: Docker 20.10.24, API 1.12 to 1.41, 4 CPUs, 8 GiB"


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"Swarm": {"LocalNodeState": "active"}}, "it is in swarm mode (active)"),
        ({"Driver": "vfs"}, "storage driver vfs copies every layer"),
        ({"Driver": "devicemapper"}, "is deprecated"),
        ({"DriverStatus": [["Supports d_type", "false"]]}, "has no d_type"),
        ({"DriverStatus": [["Data loop file", "/x"]]}, "in a loop file"),
        ({"Warnings": ["WARNING: No swap limit support"]}, "says itself: No swap limit support"),
    ],
)
def test_what_it_says_of_itself(info: dict[str, Any], said: str) -> None:
    (_, found) = engine(**info)
    assert found.level is Level.WARNING and said in found.text


@pytest.mark.parametrize("info", [b"", b"[]", b'{"Swarm": 1, "DriverStatus": 5, "Warnings": 1}'])
def test_nonsense_is_no_reason_to_fall(info: bytes) -> None:
    assert len(of_engine("a:1", replace(SPEC, info=info))) == 1


@pytest.mark.parametrize(
    ("offset", "said"),
    [(0.0, ""), (1.9, ""), (3.2, "3 s behind this"), (-90.0, "90 s ahead of this")],
)
def test_clocks(offset: float, said: str) -> None:
    texts = [one.text for one in of_engine("a:1", replace(SPEC, clock_offset=offset))[1:]]
    assert bool(texts) is bool(said) and all(said in text for text in texts)


def test_a_swarm_is_no_engine() -> None:
    (found,) = of_engine("a:1", replace(SPEC, version="swarm/1.2.9"))
    assert found.level is Level.ERROR and "round in circles" in found.text and found.fix


def test_one_engine_twice() -> None:
    other = replace(SPEC, id="ID2")
    assert not list(of_fleet([("a:1", SPEC), ("b:1", other), ("c:1", replace(SPEC, id=""))]))
    (found,) = of_fleet([("a:1", SPEC), ("b:1", other), ("c:1", SPEC)])
    assert (found.level, found.about) == (Level.ERROR, "c:1")
    assert "the same engine as a:1 (ID ID1)" in found.text


def test_old_engines_beside_new_ones() -> None:
    new = replace(SPEC, id="ID2", api_max=(1, 47))
    (found,) = of_fleet([("a:1", SPEC), ("b:1", new)])
    assert found.text == "1.41 to 1.47; the oldest on a:1"
    assert not list(of_fleet([("b:1", new), ("c:1", replace(new, id="3", api_max=(1, 44)))]))
