"""The steps of a plan, carried out. Tokens are asked of a manager each time, and never kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from swarmd.cluster.actions import EngineValidated
from swarmd.core.errors import EngineRefused, EngineUnreachable, Unavailable
from swarmd.core.model import Engine
from swarmd.core.predefined import GATEWAY
from swarmd.manager.fleet.answers import accepted, read_answer
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.overlay.plan import SwarmStep, Verb
from swarmd.manager.overlay.standing import MARK, MARK_CONSTRAINTS, Member, NodeStanding, Swarm

PORT = 2377
CHANGE = 40.0  # seconds; engines themselves wait 20 for a node to join


class StepTaker:
    """Who carries out steps, one at a time; each raises ApiError if it could not be done."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def take(
        self,
        step: SwarmStep,
        home: Swarm | None,
        table: Sequence[NodeStanding],
        constraints: Sequence[str],
    ) -> None:
        """Does it.

        Args:
            home: Our swarm, unless the step is to make it.
            constraints: Kept on the swarm that is made.
        """
        standing = next((one for one in table if one.key == step.key), None)
        if step.verb is Verb.INIT and standing is not None:
            await self._init(standing, constraints)
        elif step.verb is Verb.LEAVE and standing is not None:
            await self.leave(self._engine(standing.key))
        elif step.verb in (Verb.JOIN, Verb.JOIN_AS_MANAGER) and standing is not None:
            assert home is not None
            await self._join(standing, home, table, manager=step.verb is Verb.JOIN_AS_MANAGER)
        elif step.member is not None and home is not None:
            await self._change(step.verb, step.member, self.manager_of(home, table))

    def _engine(self, key: str) -> Engine:
        engine = self._fleet.state.engines.get(key)
        if engine is None:
            raise Unavailable(f"{key} was taken off the list of engines")
        return engine

    def manager_of(self, home: Swarm, table: Sequence[NodeStanding]) -> Engine:
        """One that can be asked to change the swarm."""
        keys = [one.key for one in table if one.swarm is not None and one.swarm.id == home.id]
        if not keys:
            raise Unavailable("no manager of the swarm answers")
        return self._engine(keys[0])

    async def _init(self, standing: NodeStanding, constraints: Sequence[str]) -> None:
        labels = {MARK: "swarmd", MARK_CONSTRAINTS: orjson.dumps(list(constraints)).decode()}
        body = {**_listening(standing.address), "Spec": {"Labels": labels}}
        engine = self._engine(standing.key)
        await self._post(engine, body, "swarm", "init")
        self._turned(engine, manager=True)

    async def _join(
        self, standing: NodeStanding, home: Swarm, table: Sequence[NodeStanding], *, manager: bool
    ) -> None:
        leader = self.manager_of(home, table)
        swarm = await self._get(leader, "swarm")
        token = str((swarm.get("JoinTokens") or {}).get("Manager" if manager else "Worker") or "")
        remotes = [_at(one.address) for one in table if one.swarm and one.swarm.id == home.id]
        body = {**_listening(standing.address), "RemoteAddrs": remotes, "JoinToken": token}
        engine = self._engine(standing.key)
        try:
            await self._post(engine, body, "swarm", "join")
        except EngineRefused as error:
            words = error.message.replace(token, "…") if token else error.message
            raise EngineRefused(error.node, error.status, words) from None
        self._turned(engine, manager=manager)

    async def leave(self, engine: Engine) -> None:
        """Whatever that means for the swarm; it may be out of it already."""
        query = (("force", "1"),)
        answer = await self._fleet.call(
            engine, "POST", "swarm", "leave", query=query, timeout=CHANGE, stale="networks"
        )
        accepted(engine.name, answer, 503)
        self._turned(engine, manager=False)
        try:  # an engine keeps it when it leaves
            await self._fleet.call(engine, "DELETE", "networks", GATEWAY, stale="networks")
        except EngineUnreachable:
            return  # it is of no harm

    async def _change(self, verb: Verb, member: Member, manager: Engine) -> None:
        if verb is Verb.REMOVE:
            query = (("force", "1"),)
            gone = await self._fleet.call(
                manager, "DELETE", "nodes", member.id, query=query, timeout=CHANGE
            )
            accepted(manager.name, gone, 404)
            return
        node = await self._get(manager, "nodes", member.id)
        role = "manager" if verb is Verb.PROMOTE else "worker"
        spec = {**(node.get("Spec") or {}), "Role": role}
        await self._update(manager, node, spec, "nodes", member.id)

    async def keep_constraints(self, manager: Engine, constraints: Sequence[str]) -> None:
        """On the swarm, from now on."""
        swarm = await self._get(manager, "swarm")
        spec = swarm.get("Spec") or {}
        kept = orjson.dumps(list(constraints)).decode()
        labels = {**(spec.get("Labels") or {}), MARK_CONSTRAINTS: kept}
        await self._update(manager, swarm, {**spec, "Labels": labels}, "swarm")

    async def _update(
        self, manager: Engine, old: Mapping[str, Any], spec: Mapping[str, Any], *path: str
    ) -> None:
        version = str((old.get("Version") or {}).get("Index") or 0)
        answer = await self._fleet.call(
            manager, "POST", *path, "update",
            query=(("version", version),), body=spec, timeout=CHANGE,
        )  # fmt: skip
        accepted(manager.name, answer)

    async def _get(self, engine: Engine, *path: str) -> dict[str, Any]:
        answer = accepted(engine.name, await self._fleet.call(engine, "GET", *path))
        found: dict[str, Any] = read_answer(engine.name, answer.body, dict)
        return found

    async def _post(self, engine: Engine, body: Mapping[str, Any], *path: str) -> None:
        answer = await self._fleet.call(
            engine, "POST", *path, body=body, timeout=CHANGE, stale="networks"
        )
        accepted(engine.name, answer)

    def _turned(self, engine: Engine, *, manager: bool) -> None:
        """Placement knows at once; the engine would tell when it is asked for all of itself."""
        spec = replace(engine.spec, swarm_manager=manager)
        self._fleet.dispatch(EngineValidated(engine.key, spec, self._fleet.now(), engine.ip))


def _listening(address: str) -> dict[str, str]:
    every = "[::]" if ":" in address else "0.0.0.0"
    return {"ListenAddr": f"{every}:{PORT}", "AdvertiseAddr": address}


def _at(address: str) -> str:
    return f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"
