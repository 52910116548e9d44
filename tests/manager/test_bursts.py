"""Whatever happens in whatever order: no name, port or GPU twice, no limit broken, no leak."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.manager.histories import Histories

NOTHING = {"name": "", "port": "", "address": "", "memory": 0, "cpus": 0, "gpus": 0}


@pytest.fixture
def histories() -> Iterator[Histories]:
    machine = Histories()
    yield machine
    machine.teardown()


class Replay:
    """A history step by step; what must always hold is looked at after each."""

    def __init__(self, machine: Histories, strategy: str) -> None:
        self._machine = machine
        machine.stand_up(strategy)

    def __call__(self, step: str, *values: object, **named: object) -> None:
        if step == "create":
            named = {**NOTHING, **named}
        if self._machine.fleet.calls or step not in ("grant", "lose_the_answer"):
            getattr(self._machine, step)(*values, **named)
        for one in self._machine.invariants:
            one.function(self._machine)


@pytest.mark.parametrize("strategy", ["spread", "binpack"])
def test_one_gpu_for_two(histories: Histories, strategy: str) -> None:
    """A list that does not show the create of a client that left told that it was not made."""
    step = Replay(histories, strategy)
    step("create", cpus=2, gpus=1, name="cc", port="80-81")
    step("list_again", 1)
    step("the_client_leaves", 239)
    for number in (3, 3, 1):
        step("list_again", number)
    step("the_client_leaves", 400)
    step("the_client_leaves", 91)
    step("create", address="10.0.0.2", gpus=-1, memory=400, port="80")
    step("lose_the_answer", done="yes", pick=214, heard=True)
    step("lose_the_answer", done="yes", pick=349, heard=True)


def test_more_memory_than_there_is(histories: Histories) -> None:
    step = Replay(histories, "spread")
    step("create", name="cc")
    step("grant", 0)
    step("list_again", 1)
    step("create")
    step("create")
    step("grant", 0)
    step("grant", 0)
    step("create", memory=700)
    step("list_again", 1)
    step("list_again", 1)
    step("create")
    step("list_again", 1)
    step("create")
    step("the_client_leaves", 363)
    step("list_again", 1)
    step("grant", 0)
    step("create", name="cc")
    step("create", memory=400)
    step("grant", 272)


def test_an_engine_that_is_at_it_for_longer_than_its_connection(histories: Histories) -> None:
    """Nobody left here: the connection broke, and the engine is lost and back meanwhile."""
    step = Replay(histories, "binpack")
    step("create", name="aa", gpus=2, memory=700)
    step("lose_the_answer", done="later", pick=0, heard=False)
    step("lose_a_node", 1)
    step("bring_a_node_back", 1)
    step("list_again", 1)
    for _ in range(3):
        step("grant", 0)
        step("grant", 0)
        step("wait", 1.0)
    step("create", gpus=1, memory=400)
    step("create", name="aa")
    step("grant", 0)
    step("finish", 1, 0, heard=True, fails=False)


def test_a_rename_that_is_done_after_a_list(histories: Histories) -> None:
    step = Replay(histories, "spread")
    step("create", name="aa")
    step("grant", 0)
    step("rename", 1, 0, "bb")
    step("lose_the_answer", done="later", pick=0, heard=False)
    step("lose_the_answer", done="no", pick=0, heard=False)
    step("list_again", 1)
    for _ in range(4):
        step("grant", 0)
        step("grant", 0)
        step("wait", 1.0)
    step("create", name="bb")
    step("grant", 0)
    step("grant", 0)
    step("finish", 1, 0, heard=False, fails=False)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=max(150, settings.default.max_examples), stateful_step_count=40
)
