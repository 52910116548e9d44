"""What engines have acknowledged to clients of this process: at once known, or to be asked for.

News of it comes from the engines, later. Whoever else serves the same clients meanwhile, which is
another process while one takes the place of the other, has to know as soon as this one: each such
change is told to the watchers, who can have it taken in there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from swarmd.cluster import actions as news
from swarmd.cluster.catalogue import Catalogue
from swarmd.cluster.container_index import Bounded
from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.reducers.list_reducer import ListReducer
from swarmd.core.index.engine_index import EngineIndex

_EXEC_LIMIT = 20_000

# What becomes of a start; "again" begins one of a container that may be running.
BEGUN, AGAIN, REFUSED = "begun", "again", "refused"
# How its engine has answered.
DONE, FAILED, LOST = "done", "failed", "lost"
_ANSWERS = {DONE: True, FAILED: False, LOST: None}

# Gets the name of the method that made it, and its arguments, which are plain values.
Watcher = Callable[[str, Sequence[Any]], None]


class Acknowledged:
    """The part of the state that takes acknowledged changes.

    Attributes:
        execs: Exec ID -> container ID, of those that were made through us.
        acknowledged: Watchers of the changes.
    """

    engines: dict[str, EngineRecord]
    catalogue: Catalogue
    index: EngineIndex
    _lists: ListReducer
    _seconds: Callable[[], float]

    def __init__(self) -> None:
        self.execs: Bounded[str] = Bounded(_EXEC_LIMIT)
        self.acknowledged: list[Watcher] = []

    def dispatch(self, action: news.Action) -> None:
        """Takes news."""
        raise NotImplementedError

    def take_in(self, change: str, about: Sequence[Any]) -> None:
        """One that another process has told; what is not known here is passed over."""
        if change in _CHANGES:
            getattr(self, change)(*about)

    def _announce(self, change: str, *about: Any) -> None:
        for watcher in self.acknowledged:
            watcher(change, about)

    def add_exec(self, exec_id: str, container_id: str) -> None:
        self.execs.put(exec_id, container_id)
        self._announce("add_exec", exec_id, container_id)

    def mark_dirty(self, container_id: str, key: str = "") -> None:
        """An engine acknowledged a change of it; the next read asks for it first.

        Args:
            key: Of its engine, if the container itself is not known yet.
        """
        container = self.catalogue.by_id.get(container_id)
        key = container.engine if container is not None else key
        engine = self.engines.get(key)
        if engine is not None:
            self.catalogue.mark(engine, container_id, self._seconds())
        self._announce("mark_dirty", container_id, key)

    def gone(self, container_id: str) -> None:
        """Its engine acknowledged that it is there no more."""
        container = self.catalogue.by_id.get(container_id)
        if container is not None:
            self.dispatch(news.ContainerGone(container.engine, container_id))
        self._announce("gone", container_id)

    def image_named(self, key: str, tag: str, image_id: str, when: float) -> None:
        """What no event tells: builds by BuildKit name images in silence."""
        engine = self.engines.get(key)
        if engine is not None:
            self._lists.image_named(engine, tag, image_id, when)
        self._announce("image_named", key, tag, image_id, when)

    def images_changed(self, key: str, names: Iterable[str]) -> None:
        """Engine ``key`` has just given ``names`` to images, as a client was told."""
        engine, names = self.engines.get(key), list(names)
        if engine is not None:
            self._lists.images_changed(engine, names, self._seconds())
        self._announce("images_changed", key, names)

    def images_gone(self, key: str, names: Iterable[str]) -> None:
        """``names`` are what engine ``key`` has just untagged or deleted, as it told."""
        engine, names = self.engines.get(key), list(names)
        if engine is not None:
            self._lists.images_gone(engine, names, self._seconds())
            self.index.touch(engine)
        self._announce("images_gone", key, names)

    def start_changed(self, container_id: str, step: str, why: str = "") -> None:
        """What a container asks for is its own from the moment its engine is asked to start it.

        Args:
            why: Where it was refused here, without its engine: the reason.
        """
        starts = self.catalogue.starts
        if step in (BEGUN, AGAIN):
            starts.begin(container_id, again=step == AGAIN)
        elif step == REFUSED:
            starts.refuse(container_id, why)
        else:
            starts.answer(container_id, self._seconds(), done=_ANSWERS[step])
        container = self.catalogue.by_id.get(container_id)
        if container is not None:
            self.catalogue.put(self.engines[container.engine], container)
        self._announce("start_changed", container_id, step, why)

    def volume_made(self, key: str, entry: Mapping[str, Any]) -> None:
        """``entry`` is what engine ``key`` said of a volume that it has just made."""
        engine = self.engines.get(key)
        if engine is not None:
            self._lists.volume_made(engine, entry, self._seconds())
            self.index.touch(engine)
        self._announce("volume_made", key, entry)

    def mark_stale(self, key: str, what: str) -> None:
        """``what`` is "images", "networks" or "volumes" of engine ``key``."""
        engine = self.engines.get(key)
        if engine is not None:
            self._lists.mark(engine, what, self._seconds())
        self._announce("mark_stale", key, what)


_CHANGES = {
    *("add_exec", "mark_dirty", "gone", "image_named", "images_changed", "images_gone"),
    *("volume_made", "mark_stale", "start_changed"),
}
