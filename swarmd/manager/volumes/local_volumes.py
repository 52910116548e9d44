"""Named volumes: each lives on one engine, and one that never held data may still move."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from twisted.logger import Logger

from swarmd.cluster.actions import Action, EventSeen
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.lookup import Found, find_volume
from swarmd.cluster.views.volume_list import is_mounted
from swarmd.core.errors import ApiError, BadParameter, EngineRefused, EngineUnreachable, NotFound
from swarmd.core.model import Engine, Volume
from swarmd.core.names import split_node
from swarmd.core.request.json_keys import VOLUME_CREATE
from swarmd.core.request.version import Version
from swarmd.manager.claims.claim import VOLUME
from swarmd.manager.claims.making import Making
from swarmd.manager.fleet.answers import accepted, message_of, read_answer
from swarmd.manager.fleet.fanout import Outcome, ask_engines, together
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.json_body import spelled_object
from swarmd.manager.fleet.keyed_lock import KeyedLock
from swarmd.manager.fleet.placer import Placer, label_constraints
from swarmd.manager.fleet.read_your_writes import settle_lists
from swarmd.manager.fleet.retry import retry
from swarmd.manager.fleet.shield import shielded
from swarmd.scheduler.placement import Placement
from swarmd.streams.link import Answer

CHANGE = 30.0  # seconds for an engine to make or remove one


class LocalVolumes:
    """The volumes that live on one engine each.

    Creates and moves.

    Attributes:
        everywhere: A volume is made on every engine, and is one for clients, as in classic Swarm.
        making: Where other swarmds have to agree; None if there are none.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, placer: Placer, *, everywhere: bool = False) -> None:
        self.everywhere = everywhere
        self.making: Making | None = None
        self._fleet = fleet
        self._placer = placer
        self._lock = KeyedLock()
        self._in_doubt: dict[str, Engine] = {}  # name -> who was asked for it, and may yet make it
        # (engine key, name) of those made here and never mounted since: nothing can be in them.
        self._empty: set[tuple[str, str]] = set()
        fleet.state.watch(self._heed)

    async def create(self, body: bytes, asked: Version | None) -> Answer:
        """An existing volume of the name is the answer, as it is for an engine."""
        wanted = spelled_object(body or b"{}", VOLUME_CREATE)
        node, name = self._split(str(wanted.get("Name") or ""))
        return await shielded(self._create({**wanted, "Name": name}, node, asked))

    async def _create(
        self, wanted: Mapping[str, Any], node: Engine | None, asked: Version | None
    ) -> Answer:
        name = wanted["Name"]
        if node is not None:
            return await self._post(node, wanted, asked)
        if self.everywhere:
            return await self._create_everywhere(wanted, asked)
        if not name:
            return await self._create_once(wanted, asked)
        return await self._lock.take(name, partial(self._create_once, wanted, asked))

    async def _create_once(self, wanted: Mapping[str, Any], asked: Version | None) -> Answer:
        await settle_lists(self._fleet, "volumes")
        name = wanted["Name"]
        engine = self._known(name)
        if engine is None and name and self.making is not None:
            return await self._create_agreed(self.making, wanted, asked)
        return await self._create_on(engine or self._choose(wanted), wanted, asked)

    def _known(self, name: str) -> Engine | None:
        """Who has it, or was asked for it."""
        return next(iter(self._holders(name)), None) or self._asked_already(name)

    async def _create_agreed(
        self, making: Making, wanted: Mapping[str, Any], asked: Version | None
    ) -> Answer:
        """Where another swarmd has just made it, or is about to, that one is the answer."""
        name = wanted["Name"]

        async def choose() -> Engine:
            await settle_lists(self._fleet, "volumes")
            return self._known(name) or self._choose(wanted)

        engine, held = await making.claimed(VOLUME, name, [self.identity(name)], choose)
        async with making.ending(held):
            return await self._create_on(engine, wanted, asked)

    def _asked_already(self, name: str) -> Engine | None:
        """Who may have made it, or may yet do so: asked again it makes no second one."""
        engine = self._in_doubt.get(name)
        listed = engine is not None and self._fleet.state.engines.get(engine.key) is engine
        return engine if listed else None

    async def _create_on(
        self, engine: Engine, wanted: Mapping[str, Any], asked: Version | None
    ) -> Answer:
        may_move = wanted["Name"] not in engine.volumes and not label_constraints(
            wanted.get("Labels")
        )
        name = wanted["Name"]
        try:
            created = await self._post(engine, wanted, asked)
        except EngineUnreachable as error:
            if name and error.sent:
                self._in_doubt[name] = engine
            raise
        self._in_doubt.pop(name, None)
        if may_move and created.status == 201:
            self._empty.add(
                (engine.key, str(read_answer(engine.name, created.body, dict).get("Name")))
            )
        return created

    def find(self, ref: str, state: StateView) -> Found[Volume]:
        """NotFound in ``state``, or Ambiguous where several nodes have one of that name."""
        node, name = self._split(ref)
        holders = self._holders(name, state) if self.everywhere and node is None else []
        if holders:
            return Found(holders[0].volumes[name], tuple(holders))
        return find_volume(state, ref)

    def _holders(self, name: str, state: StateView | None = None) -> list[Engine]:
        """Healthy ones first."""
        engines = (state or self._fleet.state).engines.values()
        found = [e for e in engines if name in e.volumes]
        return sorted(found, key=lambda engine: not engine.healthy)

    def _split(self, ref: str) -> tuple[Engine | None, str]:
        node, name = split_node(ref)
        engine = self._fleet.state.roster.by_name(node) if node else None
        return (engine, name) if engine is not None else (None, ref)

    def _choose(self, wanted: Mapping[str, Any]) -> Engine:
        constraints = label_constraints(wanted.get("Labels"))
        return self._placer.rank(Placement(constraints=constraints))[0]

    async def _create_everywhere(self, wanted: Mapping[str, Any], asked: Version | None) -> Answer:
        def target(engine: Engine) -> str:
            return self._fleet.target(engine, "volumes", "create", asked=asked)

        body = orjson.dumps(wanted)
        engines = self._fleet.healthy()
        outcomes = await ask_engines(self._fleet, engines, "POST", target, body=body)
        for engine in engines:
            self._fleet.state.mark_stale(engine.key, "volumes")
        return _all_or_error(outcomes)

    async def _post(self, engine: Engine, body: Mapping[str, Any], asked: Version | None) -> Answer:
        answer = await self._fleet.call(
            engine, "POST", "volumes", "create",
            asked=asked, body=body, timeout=CHANGE, stale="volumes",
        )  # fmt: skip
        if answer.status == 201:
            made = read_answer(engine.name, answer.body, dict)
            self._fleet.state.volume_made(engine.key, made)
        return answer

    # Moving

    def identity(self, ref: str) -> str:
        """The same for every reference to one volume."""
        return f"volume {self._split(ref)[1]}"

    def mounted(self, engine: Engine, names: tuple[str, ...]) -> None:
        """A container that mounts them was made: from now on they may hold data."""
        self._empty.difference_update((engine.key, name) for name in names)
        if names:
            self._fleet.state.mark_stale(engine.key, "volumes")

    def _heed(self, news: Action) -> None:
        """Also when it was mounted, or made anew, behind our back."""
        if not isinstance(news, EventSeen) or news.event.kind != "volume":
            return
        if news.event.verb in ("mount", "destroy"):
            self._empty.discard((news.key, news.event.id))

    def movable(self, ref: str) -> Found[Volume] | None:
        """The volume, if it was made here, with nothing but a name, and never mounted."""
        try:
            found = find_volume(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return None
        untouched = (found.engine.key, found.value.name) in self._empty
        return found if untouched and not is_mounted(found.value, found.engine) else None

    def exists(self, ref: str) -> bool:
        return bool(self._holders(self._split(ref)[1]))

    def only_on(self, ref: str, key: str) -> Found[Volume] | None:
        """The volume, if no engine but the one of ``key`` has it."""
        try:
            found = find_volume(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return None
        return found if [engine.key for engine in found.engines] == [key] else None

    async def copy(self, found: Found[Volume], to: Engine) -> bool:
        """Never: what a volume holds stays on its node, and one of its name comes up empty."""
        return False

    async def move(self, found: Found[Volume], to: Engine) -> None:
        """Makes it on ``to`` and removes the empty one."""
        volume, old = found.value, found.engine
        self._empty.discard((old.key, volume.name))  # nobody else is to move it meanwhile
        shown = orjson.loads(volume.entry)
        body = {
            "Name": volume.name,
            "Driver": volume.driver,
            "DriverOpts": shown.get("Options") or {},
            "Labels": dict(volume.labels),
        }
        try:
            await self._make(body, to)
            await self._remove_old(volume.name, old, to)
        except ApiError:
            self._empty.add((old.key, volume.name))
            raise
        self._empty.add((to.key, volume.name))
        await settle_lists(self._fleet, "volumes")

    async def _make(self, body: Mapping[str, Any], to: Engine) -> None:
        made = await retry(partial(self._post, to, body, None))
        if made.status != 201:
            raise EngineRefused(to.name, made.status, message_of(made.body))

    async def _remove_old(self, name: str, old: Engine, to: Engine) -> None:
        """Where nobody knows whether that was done the new one stays: better two than none."""
        try:
            await self._remove(name, old)
        except EngineUnreachable as error:
            self._log.warn("volume {name} is perhaps there twice: {error}", name=name, error=error)
        except ApiError:
            await self._remove(name, to)
            raise

    async def _remove(self, name: str, engine: Engine) -> None:
        path, call = ("DELETE", "volumes", name), self._fleet.call
        gone = await retry(partial(call, engine, *path, timeout=CHANGE, stale="volumes"))
        accepted(engine.name, gone, 404)


def _all_or_error(outcomes: list[Outcome]) -> Answer:
    failed = [outcome for outcome in outcomes if not outcome.ok]
    made = [outcome for outcome in outcomes if outcome.ok]
    if not failed and made and made[-1].answer is not None:
        return made[-1].answer
    nodes = ", ".join(outcome.engine.name for outcome in made) or "no node"
    error = together(failed)
    raise ApiError(f"{error.message} (created on {nodes})", error.status)
