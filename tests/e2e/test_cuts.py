"""Operations of several steps, cut at each of them: nothing is made twice, half, or lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import cut_images, cut_operations
from tests.e2e.cuts import Scene
from tests.e2e.registries import pushed, registry  # noqa: F401 - fixtures
from tests.lab.engines import Fleet
from tests.lab.trap import MOMENTS, Trap
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

FAULTS = ("reset", "killed", "frozen", "swarmd killed")
OPERATIONS = {**cut_operations.OPERATIONS, **cut_images.OPERATIONS}
SLOW = ("drain", "reschedule", "load", "pull", "build", "buildkit", "docker run")
# Whose client waits for a frozen engine until that is thawed; see the matrix.
STREAMS = ("docker run", "buildkit")
IDLE = 90  # descriptors: 16 connections to each engine, and what swarmd has anyway
# An engine that is killed then never starts again: release 20.10 ends with a panic of its own.
FATAL = ("DELETE /networks/", "begun", "killed")


def _points() -> Iterator[object]:
    """Each call of each operation; those that are quick and worth most are part of every run."""
    for operation, kind in OPERATIONS.items():
        for call in kind.calls:
            for moment in MOMENTS:
                for fault in FAULTS:
                    waits = fault == "frozen" and operation in STREAMS
                    if waits or (call, moment, fault) == FATAL:
                        continue
                    quick = fault == "reset" and moment != "asked" and operation not in SLOW
                    marks = () if quick else (pytest.mark.soak,)
                    name = f"{operation}-{call}-{moment}-{fault}"
                    yield pytest.param(operation, call, moment, fault, id=name, marks=marks)


@pytest.fixture(scope="module")
def stage(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(fleet, tmp_path_factory.mktemp("cuts"))
    try:
        scene.start()
        yield scene
        eventually(lambda: scene.descriptors() < IDLE, what="only idle connections are left")
    finally:
        scene.close()


@pytest.fixture
def scene(stage: Scene, request: pytest.FixtureRequest) -> Iterator[Scene]:
    if request.node.callspec.params["operation"] == "pull":
        stage.pulled = request.getfixturevalue("pushed")
    stage.wait_until_agreed()
    yield stage
    stage.heal()
    stage.clear()


@pytest.mark.parametrize("operation, call, moment, fault", list(_points()))
def test_cut(scene: Scene, name: str, operation: str, call: str, moment: str, fault: str) -> None:
    case = OPERATIONS[operation](scene, name, sure=fault == "reset")
    trap = Trap(call, moment, scene.faults[fault])
    scene.set(trap)
    answer = case.do()
    assert trap.sprung.wait(60), f"{call} never came: {answer}"
    case.meanwhile()
    scene.heal()
    scene.wait_until_agreed()
    case.check(answer)
    scene.wait_until_agreed()
