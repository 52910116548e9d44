"""What a test leaves on engines is seen, and goes: the rule of ``tests/conftest.py``."""

from __future__ import annotations

import pytest

from tests.e2e.registries import registry  # noqa: F401 - a fixture
from tests.e2e.trouble import context
from tests.lab import engine as module
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.registry import Registry


@pytest.fixture
def engine(fleet: Fleet) -> Engine:
    return fleet["node-2"]


def test_things_of_all_kinds(engine: Engine, fleet: Fleet) -> None:
    assert engine.holds() == frozenset()
    api = engine.local
    api.post("/containers/create?name=left", {"Image": "busybox"})
    api.post("/networks/create", {"Name": "left"})
    api.post("/volumes/create", {"Name": "left"})
    api.post("/images/busybox/tag?repo=left&tag=1")
    api.call("POST", "/build", context(b"FROM busybox\nLABEL nobody=names-it\n"))
    kinds = sorted(words.split()[0] for words in engine.holds())
    assert kinds == ["container", "image", "image", "network", "volume"]
    fleet.reset()
    assert engine.holds() == frozenset()


def test_what_a_pull_leaves_that_breaks_off(
    engine: Engine,
    fleet: Fleet,
    registry: Registry,  # noqa: F811
) -> None:
    """The digest is noted before the tag; command lines show it as one more image."""
    repository = f"{registry.address}/left"
    engine.local.post(f"/images/busybox/tag?repo={repository}&tag=1")
    path = f"/images/{repository}/push?tag=1"
    assert b"errorDetail" not in engine.local.call("POST", path, X_Registry_Auth="e30=").body
    (image,) = engine.local.get("/images/json")
    (digest,) = image["RepoDigests"]
    engine.local.call("DELETE", f"/images/{repository}:1")
    engine.local.call("POST", f"/images/create?fromImage={digest.replace('@', '%40')}")
    assert engine.holds() == {f"image {digest}"}
    fleet.clear()
    assert engine.holds() == frozenset()


@pytest.mark.parametrize("harm", ["kill", "freeze", "cut"])
def test_an_engine_of_no_use(
    engine: Engine, fleet: Fleet, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.machine.cut() if harm == "cut" else getattr(engine, harm)()
    with monkeypatch.context() as hasty:
        hasty.setattr(module, "ANSWER", 1.0)
        assert len(engine.holds()) == 1
    fleet.reset()
    assert engine.holds() == frozenset()
