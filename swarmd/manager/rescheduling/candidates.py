"""Candidates of rescheduling: their inspects, kept while their nodes can still be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from swarmd.cluster import actions as news
from swarmd.core.container.container_state import Container
from swarmd.core.container.create_request import KINDS, label_list
from swarmd.core.errors import ApiError, BadParameter
from swarmd.core.kept_json import kept_json
from swarmd.core.model import Engine
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.moving.set_aside import plain_name
from swarmd.manager.nodes.operator_state import Loss

ON_FAILURE = "on-node-failure"
# Some events come in a burst (create, connect, start): one inspect after it tells all.
DEBOUNCE = 0.5
AT_ONCE = 8  # inspects
_VERBS = {"container": ("create", "start"), "network": ("connect", "disconnect")}


def is_wanted(labels: Mapping[str, str], default: bool) -> bool:
    """Whether a container with these labels is to be made again when its node is lost."""
    text = labels.get(KINDS["reschedule"])
    try:
        return default if not text else ON_FAILURE in label_list(KINDS["reschedule"], text)
    except BadParameter:
        return False


def wants(loss: Loss, default: bool) -> bool:
    """The same of one that is lost."""
    config = loss.inspect.get("Config") or {}
    return is_wanted(config.get("Labels") or {}, default)


class Candidates:
    """The containers that could be made again, if their node were lost.

    The inspects, by container ID; fed by the news.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, clock: IReactorTime, default: bool) -> None:
        self._fleet = fleet
        self._clock = clock
        self._default = default
        self._inspects: dict[str, dict[str, bytes]] = {}  # engine key -> ID -> JSON
        self._asked: dict[str, str] = {}  # ID -> engine key
        self._waiting: IDelayedCall | None = None
        self._workers = 0

    def change(self, default: bool) -> None:
        """Those who say nothing are wanted from now on, or are not."""
        self._default = default
        for engine in self._fleet.state.engines.values():
            known = self._inspects.pop(engine.key, {})
            wanted = {
                one.id for one in engine.containers.values() if is_wanted(one.labels, default)
            }
            self._inspects[engine.key] = {key: known[key] for key in known.keys() & wanted}
            self._asked.update(dict.fromkeys(wanted - known.keys(), engine.key))
        self._ask_soon()

    def find(self, key: str, container_id: str) -> dict[str, Any] | None:
        found = self._inspects.get(key, {}).get(container_id)
        return orjson.loads(found) if found else None

    def loss(self, container: Container, engine: Engine, running: bool) -> Loss:
        """Of a container whose node is away; ``running``: the new one is to be started."""
        return Loss(
            id=container.id,
            name=plain_name(container),
            engine=engine.key,
            engine_id=engine.spec.id,
            node=engine.name,
            running=running,
            inspect=self.find(engine.key, container.id) or {},
        )

    def ids(self, key: str) -> frozenset[str]:
        """Of one engine's containers, those that could be made again."""
        return frozenset(self._inspects.get(key, ()))

    def on_action(self, action: news.Action) -> None:
        match action:
            case news.ContainerInspected():
                self._inspected(action)
            case news.ContainersListed() if action.whole:
                self._drop_gone(action.key)
            case news.EventSeen():
                self._happened(action)
            case news.EngineUnlisted():
                self._inspects.pop(action.key, None)

    def _inspected(self, action: news.ContainerInspected) -> None:
        container = self._fleet.state.containers.get(str(action.inspect.get("Id")))
        if container is not None and is_wanted(container.labels, self._default):
            kept = {key: action.inspect.get(key) for key in _KEPT}
            self._inspects.setdefault(action.key, {})[container.id] = kept_json(kept)

    def _drop_gone(self, key: str) -> None:
        engine, known = self._fleet.state.engines.get(key), self._inspects.get(key)
        if engine is not None and known:
            left = {one: body for one, body in known.items() if one in engine.containers}
            self._inspects[key] = left

    def _happened(self, action: news.EventSeen) -> None:
        event = action.event
        if event.verb not in _VERBS.get(event.kind, ()):
            return
        about = event.id if event.kind == "container" else event.attributes.get("container", "")
        self._asked[about] = action.key
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._waiting is None and self._asked:
            self._waiting = self._clock.callLater(DEBOUNCE, self._ask)

    def _ask(self) -> None:
        self._waiting = None
        for _ in range(min(AT_ONCE - self._workers, len(self._asked))):
            self._workers += 1
            asking = Deferred.fromCoroutine(self._work())
            asking.addErrback(lambda failure: self._log.failure("inspect", failure))

    async def _work(self) -> None:
        try:
            while self._asked:
                container_id = next(iter(self._asked))
                key = self._asked.pop(container_id)
                container = self._fleet.state.containers.get(container_id)
                if container is not None and is_wanted(container.labels, self._default):
                    await self._inspect(container_id, key)
        finally:
            self._workers -= 1

    async def _inspect(self, container_id: str, key: str) -> None:
        """A failure is no matter: the next list of the engine inspects what is not known yet."""
        engine = self._fleet.state.engines.get(key)
        try:
            if engine is not None and engine.healthy:
                await self._fleet.tracker(engine).inspect(container_id)
        except ApiError as error:
            self._log.debug("{id} not inspected: {error}", id=container_id, error=error)

    def close(self) -> None:
        self._asked.clear()
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


_KEPT = ("Id", "Config", "HostConfig", "NetworkSettings", "Mounts")
