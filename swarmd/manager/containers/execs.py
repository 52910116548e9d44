"""A search for the owner of an exec that this process did not see being made."""

from __future__ import annotations

from swarmd.core.container.container_state import Container
from swarmd.core.errors import NoSuchExec
from swarmd.manager.fleet.fanout import ask_engines
from swarmd.manager.fleet.read_your_writes import read_unread, settle_containers, unsettled
from swarmd.manager.interfaces import FleetView


async def find_exec_anywhere(fleet: FleetView, exec_id: str) -> Container:
    """Asks every healthy engine; NoSuchExec if none knows the ID.

    Its container may be as new.
    """
    await settle_containers(fleet, unsettled(fleet))
    outcomes = await ask_engines(
        fleet,
        fleet.healthy(),
        "GET",
        lambda engine: fleet.target(engine, "exec", exec_id, "json"),
        expect=dict,
    )
    for outcome in outcomes:
        container_id = str(outcome.value.get("ContainerID")) if outcome.ok else ""
        if container_id:
            await read_unread(fleet, container_id)
        if container_id in outcome.engine.containers:
            fleet.state.add_exec(exec_id, container_id)
            return outcome.engine.containers[container_id]
    raise NoSuchExec(exec_id)
