"""Judges what a request reaches of containers, networks and volumes that are there.

What it takes of them is judged as if it were written in the request. Each is asked of its engine,
and what cannot be looked at is not allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import orjson

from swarmd.api.routing.naming import Naming
from swarmd.authz.create_rules import Violation, networks_of
from swarmd.authz.existing import (
    CONTAINER,
    FREE_NETWORKS,
    Part,
    Taken,
    judge_network_there,
    judge_part,
    judge_volume_there,
    linked_by,
    part_of,
    taken_by,
)
from swarmd.authz.policy import Limits
from swarmd.authz.rights import Right
from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.lookup import find_container, find_exec, find_network
from swarmd.core.container.container_state import Container
from swarmd.core.container.mounts import named_volumes
from swarmd.core.errors import (
    ApiError,
    BadParameter,
    Conflict,
    NoSuchContainer,
    NoSuchExec,
    NotFound,
)
from swarmd.core.model import Engine, Network
from swarmd.core.names import is_hex, split_node
from swarmd.manager.containers.execs import find_exec_anywhere
from swarmd.manager.containers.host_access import HostAccess
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import (
    find_anywhere,
    looked_up,
    settle_containers,
    settle_lists,
    unsettled,
)
from swarmd.manager.interfaces import FleetView

Json = Mapping[str, Any]
Query = dict[str, list[str]]

# What lets in, or hands out, all that a container has; whoever reads its list entry or its logs,
# stops it or removes it takes nothing of it.
USES = frozenset({"attach", "copy", "checkpoint"})

MOST = 64  # containers of which one request takes something, and volumes that it names


class Reach:
    """What one role may reach of what exists: whose containers, networks and volumes.

    Args:
        whole: All of the fleet, for what hangs on what the request names.
        seen: As much of it as the role sees: what is named is looked up there.
        is_free: Whether a container's image is allowed, whatever name the container has it by.
    """

    def __init__(
        self,
        limits: Limits,
        whole: Fleet,
        seen: FleetView,
        contents: HostAccess,
        is_free: Callable[[Container], bool],
    ) -> None:
        self._limits = limits
        self._whole = whole
        self._seen = seen
        self._naming = Naming(seen.state)
        self._contents = contents
        self._is_free = is_free

    async def pin(
        self, right: Right, action: str, query: Query, body: dict[str, Any] | None
    ) -> None:
        """Names the containers in ``query`` and ``body`` by their whole IDs."""
        match right.noun, right.verb, action:
            case "images", "commit", _:
                query["container"] = [(await self.find(_first(query, "container"))).id]
            case "networks", "connect", _ if body is not None:
                if isinstance(body.get("Container"), str):
                    body["Container"] = (await self.find(body["Container"])).id
                self._naming.endpoint(body.get("EndpointConfig"))
            case "containers", "run", "create" if body is not None:
                await settle_containers(self._whole, unsettled(self._whole))
                with _no_image_is_missing():
                    self._naming.create(body)

    async def of(self, right: Right, action: str, query: Query, body: Json) -> list[Violation]:
        """What is not allowed of that which a request takes."""
        match right.noun, right.verb, action:
            case "containers", "run", "create":
                return await self._create(body)
            case "containers", "run", "start" | "restart" | "unpause" | "update" | "rename":
                return await self.container(right.ref)
            case "containers", "exec", "start":
                return await self._exec(right.ref)
            case "containers", "attach" | "copy" | "checkpoint", _:
                return await self.container(right.ref)
            case "containers", "exec", "exec":
                return await self.container(right.ref)
            case "images", "commit", _:
                return await self.container(_first(query, "container"))
            case "networks", "connect", "connect":
                return await self._connect(right.ref, body)
        return []

    async def _create(self, body: Json) -> list[Violation]:
        host = body.get("HostConfig")
        volumes = named_volumes(host if isinstance(host, dict) else {})
        with _no_image_is_missing():
            return [
                *await self.taken(taken_by(body)),
                *await self.networks(networks_of(body)),
                *await self.volumes(volumes),
            ]

    async def _connect(self, ref: str, body: Json) -> list[Violation]:
        links = linked_by(body.get("EndpointConfig"))
        return [
            *await self.container(str(body.get("Container") or "")),
            *await self.taken(links),
            *await self.networks([ref]),
        ]

    async def _exec(self, exec_id: str) -> list[Violation]:
        """Also one that somebody else has made, who may have asked for more."""
        try:
            container = find_exec(self._seen.state, exec_id)
        except NoSuchExec:
            container = await find_exec_anywhere(self._seen, exec_id)
        engine = self._whole.engine(container)
        return [
            *await self.container(container.id),
            *await self._made(engine, container, exec_id),
        ]

    async def _made(self, engine: Engine, container: Container, exec_id: str) -> list[Violation]:
        """What was asked of an exec when it was made."""
        shown = await self._contents.exec(engine, exec_id)
        process = (shown or {}).get("ProcessConfig")
        if not isinstance(process, dict) or (shown or {}).get("ContainerID") != container.id:
            return [Violation(f"exec {exec_id}, which is not to be looked at")]
        if process.get("privileged") and not self._limits.privileged:
            return [Violation("privileged exec", "privileged", True)]
        return []

    async def find(self, ref: str) -> Container:
        """NotFound: also an engine that has news was asked."""
        try:
            return find_container(self._seen.state, ref)
        except NoSuchContainer:
            await settle_containers(self._whole, unsettled(self._whole))
            return await find_anywhere(self._seen, ref)

    async def container(self, ref: str) -> list[Violation]:
        """All of one that is used, changed or let run; Conflict if the name became another's."""
        container = await self.find(ref)
        found = await self.taken([Taken(container.id, Part.WHOLE)])
        if find_container(self._seen.state, ref).id != container.id:
            raise Conflict(f"{ref} has just become another container's name: try again")
        return found

    async def taken(self, wanted: Iterable[Taken]) -> list[Violation]:
        """Of each container that part, and of those on which that part hangs."""
        found: list[Violation] = []
        todo = [(await self.find(one.ref), one.part) for one in wanted]
        await self._settle(container for container, _ in todo)
        done: set[tuple[str, Part]] = set()
        while todo:
            container, part = todo.pop()
            if not done.isdisjoint({(container.id, part), (container.id, Part.WHOLE)}):
                continue
            done.add((container.id, part))
            if len(done) > MOST:
                raise ApiError(f"denied by policy: it reaches more than {MOST} containers", 403)
            body = part_of(await self._contents.container(container), part)
            found += self._judged(container, part, body)
            for name, further, its_part in self._further(container, body):
                if further is None:
                    found.append(Violation(f"container {name}, which is not to be looked at"))
                else:
                    todo.append((further, its_part))
        return found

    async def _settle(self, containers: Iterable[Container]) -> None:
        found = ((one.id, self._whole.engine(one)) for one in containers)
        engines = {engine.key: engine for id_, engine in found if id_ in engine.dirty}
        await settle_containers(self._whole, engines.values())
        await settle_lists(self._whole, "networks")

    def _judged(self, container: Container, part: Part, body: Json) -> Iterator[Violation]:
        for one in judge_part(body, self._limits):
            if one.key != "images" or not self._is_free(container):
                yield one._replace(what=f"{one.what}, as container {container.name} has")
        if part in (Part.WHOLE, Part.NETWORK):
            yield from self._joined(container)

    def _joined(self, container: Container) -> Iterator[Violation]:
        """By what is known of this moment: networks come and go while a container is there."""
        state = self._whole.state
        now = state.containers.get(container.id, container)
        there = self._whole.engine(container).networks
        for name, id_ in now.networks:
            named = (one for one in there.values() if one.name == name)
            network = there.get(id_) or next(named, None)
            if network is None:
                yield Violation(f"network {name}, which is not to be looked at")
            else:
                yield from judge_network_there(_shown(network), self._limits)

    def _further(
        self, container: Container, body: Json
    ) -> Iterator[tuple[str, Container | None, Part]]:
        """Its engine means those of its own, by whole IDs and names."""
        there = self._whole.engine(container).containers
        for ref, part in taken_by(body):
            ids = (ref, *self._whole.state.catalogue.names.find(ref))
            found = (there[one] for one in ids if one in there)
            yield ref, next(found, None), part

    # Networks and volumes, by the names in a request

    async def networks(self, refs: Iterable[str]) -> list[Violation]:
        """All that an engine could take for one of them; NotFound if there is none."""
        state = self._whole.state
        wanted = {one for one in refs if not one.startswith(CONTAINER)} - FREE_NETWORKS
        await settle_lists(self._whole, "networks")
        called = _called(state.engines.values(), wanted)
        if missing := wanted - called.keys():
            for ref in missing:
                await looked_up(self._whole, "networks", partial(find_network, state, ref))
            called = _called(state.engines.values(), wanted)
        networks = (network for ref in sorted(called) for network in called[ref])
        findings = map(partial(judge_network_there, limits=self._limits), map(_shown, networks))
        return list(chain.from_iterable(findings))

    async def volumes(self, refs: Sequence[str]) -> list[Violation]:
        """Those that are not allowed on any node that has them; its own node has the last word."""
        await settle_lists(self._whole, "volumes")
        return [found for ref in refs for found in self._volume(ref)]

    def _volume(self, ref: str) -> list[Violation]:
        state = self._whole.state
        node, name = split_node(ref)
        named = state.roster.by_name(node) if node else None
        name = name if named else ref
        state.index.refresh()
        holders = state.index.engines(state.index.volumes.of(name))
        verdicts = [
            list(judge_volume_there(orjson.loads(one.volumes[name].entry), self._limits))
            for one in holders
            if named in (None, one) and name in one.volumes
        ]
        return verdicts[0] if verdicts and all(verdicts) else []

    async def volumes_on(self, engine: Engine, names: Sequence[str]) -> list[Violation]:
        """As ``engine`` tells, right before it gets the create."""
        if len(names) > MOST:
            raise ApiError(f"denied by policy: it names more than {MOST} volumes", 403)
        found: list[Violation] = []
        for name in names:
            shown = await self._contents.volume(engine, name)
            if shown is not None:
                found += judge_volume_there(shown, self._limits)
        return found


@contextmanager
def _no_image_is_missing() -> Iterator[None]:
    """Of a 404 to a create clients think that they have to pull its image."""
    try:
        yield
    except NotFound as error:
        raise BadParameter(error.message) from None


def _first(query: Query, key: str) -> str:
    values = query.get(key) or [""]
    return values[0]


def _shown(network: Network) -> Json:
    shown: Json = orjson.loads(network.entry)
    return shown


def _called(engines: Iterable[Engine], refs: set[str]) -> dict[str, list[Network]]:
    """By ref, each network of that name, ID or start of an ID; in one walk over all networks."""
    names: dict[str, set[str]] = {}
    for ref in refs:
        for name in {ref, split_node(ref)[1]}:
            names.setdefault(name, set()).add(ref)
    starts = {len(name) for name in names if is_hex(name)}
    found: dict[str, list[Network]] = {}
    for network in (one for engine in engines for one in engine.networks.values()):
        ids = {network.id, network_id(network)}
        spellings = {network.name, *ids, *(one[:size] for one in ids for size in starts)}
        for ref in {ref for name in spellings & names.keys() for ref in names[name]}:
            found.setdefault(ref, []).append(network)
    return found
