"""Named volumes: each lives on one engine, and one that never held data may still move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from swarmd.cluster.lookup import Found, find_volume
from swarmd.core.errors import ApiError, BadParameter, EngineRefused, NotFound
from swarmd.core.model import Engine, Volume
from swarmd.core.names import split_node
from swarmd.core.version import Version, show
from swarmd.manager.fanout import Outcome, ask_engines, message_of, together
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import settle_lists
from swarmd.manager.networks import decoded
from swarmd.manager.placer import Placer, label_constraints, node_pin
from swarmd.scheduler.request import Placement
from swarmd.streams.link import Answer

VOLUME = 30.0  # seconds for an engine to make or remove one


class Volumes:
    """Creates and moves; ``everywhere`` is classic Swarm's way: on every engine."""

    def __init__(self, fleet: Fleet, placer: Placer, *, everywhere: bool = False) -> None:
        self._fleet = fleet
        self._placer = placer
        self._everywhere = everywhere
        # (engine key, name) of those made here and never mounted since: nothing can be in them.
        self._empty: set[tuple[str, str]] = set()

    async def create(self, body: bytes, asked: Version | None) -> Answer:
        """An existing volume of the name is the answer, as it is for an engine."""
        wanted = decoded(body or b"{}")
        await settle_lists(self._fleet, "volumes")
        node, name = self._split(str(wanted.get("Name") or ""))
        existing = self._existing(name, node)
        engine = existing or self._choose(wanted, node)
        if self._everywhere and existing is None and node is None:
            return await self._create_everywhere({**wanted, "Name": name}, asked)
        created = await self._post(engine, {**wanted, "Name": name}, asked)
        if existing is None and created.status == 201:
            self._empty.add((engine.key, str(orjson.loads(created.body)["Name"])))
        return created

    def _split(self, ref: str) -> tuple[Engine | None, str]:
        node, name = split_node(ref)
        engine = self._fleet.state.roster.by_name(node) if node else None
        return (engine, name) if engine is not None else (None, ref)

    def _existing(self, name: str, node: Engine | None) -> Engine | None:
        if node is not None or not name:
            return None
        try:
            return find_volume(self._fleet.state, name).engine
        except NotFound:
            return None

    def _choose(self, wanted: Mapping[str, Any], node: Engine | None) -> Engine:
        pins = (node_pin(node),) if node is not None else ()
        constraints = label_constraints(wanted.get("Labels"))
        return self._placer.rank(Placement(constraints=constraints, pins=pins))[0]

    async def _create_everywhere(self, wanted: Mapping[str, Any], asked: Version | None) -> Answer:
        def target(engine: Engine) -> str:
            return f"/v{show(self._fleet.version_for(engine, asked))}/volumes/create"

        body = orjson.dumps(wanted)
        engines = self._fleet.healthy()
        outcomes = await ask_engines(self._fleet, engines, "POST", target, body=body)
        for engine in engines:
            self._fleet.state.mark_stale(engine.key, "volumes")
        return _all_or_error(outcomes)

    async def _post(self, engine: Engine, body: Mapping[str, Any], asked: Version | None) -> Answer:
        target = f"/v{show(self._fleet.version_for(engine, asked))}/volumes/create"
        link = self._fleet.link(engine)
        answer = await link.call("POST", target, body=orjson.dumps(body), timeout=VOLUME)
        self._fleet.state.mark_stale(engine.key, "volumes")
        return answer

    # Moving

    def identity(self, ref: str) -> str:
        """The same for every reference to one volume."""
        return f"volume {self._split(ref)[1]}"

    def mounted(self, engine: Engine, names: tuple[str, ...]) -> None:
        """A container that mounts them was made: from now on they may hold data."""
        self._empty.difference_update((engine.key, name) for name in names)

    def movable(self, ref: str) -> Found[Volume] | None:
        """The volume, if it was made here, with nothing but a name, and never mounted."""
        try:
            found = find_volume(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return None
        return found if (found.engine.key, found.value.name) in self._empty else None

    def only_on(self, ref: str, key: str) -> bool:
        """Whether no engine but the one of ``key`` has the volume."""
        try:
            found = find_volume(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return False
        return [engine.key for engine in found.engines] == [key]

    async def move(self, found: Found[Volume], to: Engine) -> None:
        """Makes it on ``to`` and removes the empty one."""
        volume, old = found.value, found.engine
        self._empty.discard((old.key, volume.name))
        shown = orjson.loads(volume.entry)
        body = {
            "Name": volume.name,
            "Driver": volume.driver,
            "DriverOpts": shown.get("Options") or {},
            "Labels": dict(volume.labels),
        }
        made = await self._post(to, body, None)
        if made.status != 201:
            raise EngineRefused(to.name, made.status, message_of(made.body))
        await self._remove(volume.name, old)

    async def _remove(self, name: str, engine: Engine) -> None:
        target = f"/v{show(self._fleet.version_for(engine, None))}/volumes/{quote(name)}"
        answer = await self._fleet.link(engine).call("DELETE", target, timeout=VOLUME)
        self._fleet.state.mark_stale(engine.key, "volumes")
        if answer.status >= 400 and answer.status != 404:
            raise EngineRefused(engine.name, answer.status, message_of(answer.body))


def _all_or_error(outcomes: list[Outcome]) -> Answer:
    failed = [outcome for outcome in outcomes if not outcome.ok]
    made = [outcome for outcome in outcomes if outcome.ok]
    if not failed and made and made[-1].answer is not None:
        return made[-1].answer
    nodes = ", ".join(outcome.engine.name for outcome in made) or "no node"
    error = together(failed)
    raise ApiError(f"{error.message} (created on {nodes})", error.status)
