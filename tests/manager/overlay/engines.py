"""Engines that know swarm mode as far as is asked of them, in memory."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.internet.defer import Deferred

from swarmd.manager.fleet.placer import Placer
from swarmd.manager.overlay.overlay import Overlay
from swarmd.scheduler.registry import make_policy
from tests.manager.rig import Rig, Wire

TOKENS = {"Worker": "SWMTKN-w", "Manager": "SWMTKN-m"}


class Swarms:
    """One swarm at most, which engines make, join and leave.

    Attributes:
        members: Engine's number -> whether it is a manager.
        refusing: Numbers of engines that refuse to join, with the token in their words.
        joined: Bodies of joins, in order.
    """

    def __init__(self, engines: int = 3) -> None:
        self.rig = Rig(engines)
        self.members: dict[int, bool] = {}
        self.labels: dict[str, str] = {}
        self.services: list[Any] = []
        self.refusing: set[int] = set()
        self.joined: list[Any] = []
        self.closed: dict[str, tuple[str, ...]] = {}
        self.lines: list[dict[str, Any]] = []
        for number in range(1, engines + 1):
            self.serve(number)
        placer = Placer(self.rig.fleet, make_policy("spread"), lambda: 0)
        self.overlay = Overlay(self.rig.fleet, placer, self._check)

    async def _check(self, address: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.closed.get(address, ()), ()

    def serve(self, number: int) -> Wire:
        wire = self.rig.wire(number)
        wire.on("GET", "/info", lambda *_: (200, {"Swarm": self._info(number)}))
        wire.on("GET", "/swarm", lambda *_: (200, self._swarm()))
        wire.on("GET", "/nodes", lambda *_: (200, [self._node(one) for one in self.members]))
        wire.on("GET", "/services", lambda *_: (200, self.services))
        wire.on("GET", "/networks", (200, []))
        wire.on("POST", "/swarm/init", lambda _, body: self._init(number, body))
        wire.on("POST", "/swarm/join", lambda _, body: self._join(number, body))
        wire.on("POST", "/swarm/leave", lambda *_: self._leave(number))
        wire.on("POST", "/swarm/update", lambda _, body: self._update(body))
        wire.on("DELETE", "/networks/docker_gwbridge", (204, b""))
        return wire

    def _info(self, number: int) -> Any:
        if number not in self.members:
            return {"LocalNodeState": "inactive", "NodeID": ""}
        return {
            "LocalNodeState": "active",
            "NodeID": f"id{number}",
            "ControlAvailable": self.members[number],
        }

    def _swarm(self) -> Any:
        spec = {"Labels": self.labels}
        return {"ID": "S", "Version": {"Index": 3}, "Spec": spec, "JoinTokens": TOKENS}

    def _node(self, number: int) -> Any:
        manager = {"Reachability": "reachable", "Addr": f"10.0.0.{number}:2377"}
        return {
            "ID": f"id{number}",
            "Spec": {"Role": "manager" if self.members[number] else "worker"},
            "Status": {"State": "ready", "Addr": f"10.0.0.{number}"},
            "ManagerStatus": manager if self.members[number] else None,
        }

    def _init(self, number: int, body: bytes) -> Any:
        self.labels = orjson.loads(body)["Spec"]["Labels"]
        self.members[number] = True
        return 200, f"id{number}"

    def _join(self, number: int, body: bytes) -> Any:
        asked = orjson.loads(body)
        self.joined.append(asked)
        if number in self.refusing:
            return 500, {"message": f"bad token {asked['JoinToken']}"}
        self.members[number] = asked["JoinToken"] == TOKENS["Manager"]
        return 200, b""

    def _leave(self, number: int) -> Any:
        self.members.pop(number, None)
        return 200, b""

    def _update(self, body: bytes) -> Any:
        self.labels = orjson.loads(body)["Labels"]
        return 200, b""

    # What is asked of swarmd

    def up(self, constraints: tuple[str, ...] | None = None) -> dict[str, Any]:
        return self._told(lambda: self.overlay.up(constraints, self.lines.append))

    def down(self) -> dict[str, Any]:
        return self._told(lambda: self.overlay.down(self.lines.append))

    def _told(self, ask: Any) -> dict[str, Any]:
        self.lines.clear()
        work = Deferred.fromCoroutine(ask())
        for _ in range(100):
            if work.called:
                break
            self.rig.clock.advance(0.25)
        assert work.called, "it waits"
        return self.lines[-1]
