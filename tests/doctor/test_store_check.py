from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from swarmd.doctor.finding import Level
from swarmd.doctor.store_check import of_store, try_store
from swarmd.manager.membership.keys import FORMAT
from swarmd.store.interfaces import Put
from swarmd.store.memory import MemoryServer, MemoryStore
from tests.manager.rig import result_of


def levels(store: MemoryStore) -> list[tuple[Level, str]]:
    return [(one.level, one.text) for one in result_of(try_store(store))]


def test_one_that_can_be_used_is_left_as_it_was() -> None:
    store = MemoryStore(MemoryServer(Clock()))
    assert levels(store) == [(Level.OK, "memory:// can be read and written")]
    assert store.server.entries == {}


def test_before_a_start_nothing_is_written() -> None:
    store = MemoryStore(MemoryServer(Clock()))
    (found,) = result_of(try_store(store, is_to_write=False))
    assert (found.level, found.text) == (Level.OK, "memory:// can be read")
    assert store.server.revision == MemoryServer(Clock()).revision


def test_one_that_cannot_be_reached() -> None:
    store = MemoryStore(MemoryServer(Clock()))
    store.cut("it refuses")
    assert levels(store) == [(Level.ERROR, "memory://: it refuses")]


def test_one_of_another_format() -> None:
    store = MemoryStore(MemoryServer(Clock()))
    result_of(store.commit([], [Put(FORMAT, b"9")]))
    assert levels(store)[0][0] is Level.ERROR


def test_a_swarmd_that_is_alone_has_none() -> None:
    reactor: Any = Clock()
    assert result_of(of_store(None, reactor)) == []
