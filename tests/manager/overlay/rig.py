"""Tables of how engines stand, in short."""

from __future__ import annotations

from typing import Any

from swarmd.manager.overlay.standing import Member, NodeStanding, Swarm


def outside(number: int, **changes: Any) -> NodeStanding:
    given = {"address": f"10.0.0.{number}", **changes}
    return NodeStanding(f"k{number}", f"node-{number}", **given)


def worker(number: int, **changes: Any) -> NodeStanding:
    return outside(number, **{"state": "active", "node_id": f"id{number}", **changes})


def manager(number: int, swarm: Swarm | None, **changes: Any) -> NodeStanding:
    return worker(number, manager=True, swarm=swarm, **changes)


def lost(number: int, **changes: Any) -> NodeStanding:
    return worker(number, problem="does not answer: timeout", **changes)


def member(number: int, **changes: Any) -> Member:
    return Member(f"id{number}", f"node-{number}", f"10.0.0.{number}", **changes)


def swarm(
    managers: tuple[int, ...],
    workers: tuple[int, ...] = (),
    down: tuple[int, ...] = (),
    **more: Any,
) -> Swarm:
    found = [
        *(member(one, manager=True, up=one not in down) for one in managers),
        *(member(one, up=one not in down) for one in workers),
    ]
    given = {"id": "S", "ours": True, "members": {one.id: one for one in found}, **more}
    return Swarm(**given)
