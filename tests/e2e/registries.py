"""Fixtures: registries on the bridge of the fleet under test, and a fleet clean of images."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.engines import Fleet
from tests.lab.registry import Registry, missing


@pytest.fixture(scope="session")
def registry(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    yield from serving(fleet, tmp_path_factory.mktemp("registry"), private=False)


@pytest.fixture(scope="session")
def private(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One that asks who is there."""
    yield from serving(fleet, tmp_path_factory.mktemp("private"), private=True)


def serving(fleet: Fleet, folder: Path, *, private: bool) -> Iterator[Registry]:
    why = missing()
    if why and "CI" in os.environ:
        pytest.fail(why)
    if why:
        pytest.skip(why)
    bridge = fleet.engines[0].machine.ip.rsplit(".", 1)[0] + ".1"
    registry = Registry(folder, bridge, private=private)
    try:
        registry.start()
        yield registry
    finally:
        registry.stop()


@pytest.fixture
def tidy(host: Host) -> Iterator[None]:
    """No engine keeps an image of the test."""
    yield
    host.fleet.clear()


@pytest.fixture(scope="module")
def pushed(fleet: Fleet, registry: Registry) -> Iterator[str]:
    """An image that the registry has; node-1 has it as well, until somebody removes it."""
    engine, repository = fleet["node-1"].local, f"{registry.address}/matrix"
    engine.post(f"/images/busybox/tag?repo={repository}&tag=1")
    answer = engine.call("POST", f"/images/{repository}/push?tag=1", X_Registry_Auth="e30=")
    assert b"errorDetail" not in answer.body
    yield f"{repository}:1"
    fleet.remove_images()
