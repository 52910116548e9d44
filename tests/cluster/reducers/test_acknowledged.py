from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from tests.cluster.fleet import full_id, join, key_of

ID, KEY = full_id(1), key_of(1)


class Two:
    """Two processes: what engines acknowledge to clients of the first is told to the second."""

    def __init__(self) -> None:
        self.one, self.other = State(lambda: 9.0), State(lambda: 9.0)
        join(self.one), join(self.other)
        self.one.acknowledged.append(self.tell)

    def tell(self, change: str, about: Sequence[Any]) -> None:
        self.other.take_in(change, orjson.loads(orjson.dumps(about)))

    def known(self, *states: State) -> None:
        for state in states:
            state.confirm("pending-1", Container(ID, KEY, ("web",)))
            state.catalogue.clean(state.engines[KEY], ID)


def test_a_new_container_is_asked_for_where_it_is_not_known_yet() -> None:
    two = Two()
    two.one.confirm("pending-1", Container(ID, KEY, ("web",)))
    assert two.other.engines[KEY].dirty == {ID}


def test_what_was_changed_is_asked_for_also_where_the_other_one_forgot_it_meanwhile() -> None:
    two = Two()
    two.known(two.one, two.other)
    two.one.mark_dirty(ID)
    assert two.other.engines[KEY].dirty == {ID}
    two = Two()
    two.known(two.other)
    two.one.mark_dirty(ID)
    assert two.other.engines[KEY].dirty == {ID}


def test_what_was_removed_leaves_its_name_free_there() -> None:
    two = Two()
    two.known(two.one, two.other)
    two.one.gone(ID)
    assert ID not in two.one.containers and not two.other.name_taken("web")


def test_an_exec_is_known_there() -> None:
    two = Two()
    two.one.add_exec("e1", ID)
    assert two.other.execs.get("e1") == ID


def test_names_of_images_and_lists_are_asked_for_there() -> None:
    two = Two()
    two.one.images_changed(KEY, (name for name in ["app:1"]))
    assert set(two.other.engines[KEY].changed_images) == {"app:1"}
    two.one.mark_stale(KEY, "volumes")
    assert "volumes" in two.other.engines[KEY].stale


def test_what_is_of_another_time_is_passed_over() -> None:
    Two().other.take_in("dispatch", ["x"])
