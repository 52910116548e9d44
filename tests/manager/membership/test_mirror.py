from __future__ import annotations

from swarmd.manager.membership.mirror import Mirror
from swarmd.store.interfaces import Absent, Change, Delete, KeyValue, Put, Unchanged
from swarmd.store.memory import MemoryServer, MemoryStore
from tests.manager.membership.rig import server
from tests.manager.rig import result_of


class Heard:
    def __init__(self, shared: MemoryServer) -> None:
        self.store = MemoryStore(shared)
        self.changes: list[tuple[str, bytes | None]] = []
        self.mirror = Mirror(self.store, "a/", self._heard)

    def _heard(self, before: object, changes: object) -> None:
        self.changes += [(one.key, one.entry and one.entry.value) for one in changes]  # type: ignore[attr-defined]


def test_it_has_what_was_there_and_follows_what_comes() -> None:
    shared = server()
    result_of(MemoryStore(shared).commit([], [Put("a/1", b"x"), Put("b/1", b"y")]))
    heard = Heard(shared)
    result_of(heard.mirror.read())
    result_of(heard.store.commit([], [Put("a/2", b"z")]))
    result_of(heard.store.commit([], [Delete("a/1")]))
    assert heard.changes == [("a/1", b"x"), ("a/2", b"z"), ("a/1", None)]
    heard.mirror.stop()
    result_of(heard.store.commit([], [Put("a/3", b"z")]))
    assert list(heard.mirror.entries) == ["a/2"]


def test_what_went_while_nobody_listened_is_told_when_it_is_read_anew() -> None:
    shared = server()
    heard = Heard(shared)
    result_of(heard.store.commit([], [Put("a/1", b"x")]))
    result_of(heard.mirror.read())
    heard.mirror.stop()
    result_of(heard.store.commit([], [Delete("a/1"), Put("a/2", b"x")]))
    result_of(heard.mirror.read())
    assert heard.changes[1:] == [("a/1", None), ("a/2", b"x")]


def test_what_is_older_changes_nothing() -> None:
    heard = Heard(server())
    heard.mirror.receive(5, [Change("a/1", KeyValue("a/1", b"new", 5))])
    heard.mirror.receive(4, [Change("a/1", KeyValue("a/1", b"old", 4))])
    heard.mirror.receive(4, [Change("a/1", None)])
    assert heard.changes == [("a/1", b"new")]
    assert heard.mirror.condition("a/1") == Unchanged("a/1", 5)
    assert heard.mirror.condition("a/2") == Absent("a/2")
