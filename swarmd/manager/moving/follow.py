"""A container that was never started follows a network to the node where that one lives.

On one host a container joins any network. Here it is on a node from its create on, and its network
may be used on another. As long as it never ran it is nothing but what was asked for, so it is made
again over there, under its ID; whatever would get lost keeps it where it is.

First the new one is made, under a name that marks it as not there yet, then the old one is removed,
then the new one gets the name. So at each moment one of the two is the container, and whoever finds
both, or only a marked one, knows what is to be done: see ``swarmd.manager.moving.interim_copies``.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

from twisted.logger import Logger

from swarmd.cluster.images.same_image import alike
from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.lookup import Found, find_network
from swarmd.core.container.container_state import Container
from swarmd.core.container.kept_identity import KeptIdentity
from swarmd.core.errors import (
    ApiError,
    BadParameter,
    EngineUnreachable,
    NoSuchContainer,
    Unavailable,
)
from swarmd.core.model import Engine, Network
from swarmd.core.names import IDENTITY
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.version import Version
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.fleet.answers import accepted, made_id, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.keyed_lock import KeyedLock
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_details
from swarmd.manager.fleet.retry import retry
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.moving.blueprint import STARTED, Blueprint, blueprint, reasons_not_to_follow
from swarmd.manager.moving.interim_copies import InterimCopies
from swarmd.scheduler.refusal import NoCandidate

Json = Mapping[str, Any]

CALL = 30.0  # seconds for one answer
# Bytes of the archive of a folder in which nothing is: its own head and the end.
EMPTY = 16 << 10
# The last API in which an inspect tells what MAC address was asked for, and a create takes it so.
_NEWEST: Version = (1, 51)


class StaysApart(BadParameter):
    """A container that cannot join a network of another node."""

    def __init__(
        self,
        network: str,
        found: Found[Network],
        container: Container,
        engine: Engine,
        reasons: Sequence[str] = (),
    ) -> None:
        words = (
            f"network {network} is on {found.engine.name} and container {container.name} on "
            f"{engine.name}: a {found.value.driver} network does not reach beyond its node"
        )
        if reasons:
            words += (
                f", and the container cannot follow, since {'; '.join(reasons)}. "
                "Name the network when the container is created"
            )
        super().__init__(words)


class Follower:
    """The moves of containers that never ran.

    Args:
        identify: Makes a Swarm ID, for those that were made without swarmd.
    """

    _log = Logger()

    def __init__(
        self,
        fleet: Fleet,
        creator: Creator,
        local: LocalResources,
        identify: Callable[[], str],
    ) -> None:
        self._fleet = fleet
        self._creator = creator
        self._local = local
        self._copies = InterimCopies(fleet)
        self._copies.setServiceParent(fleet)
        self._identify = identify
        self._lock = KeyedLock()

    async def follow(self, container_id: str, network: str, ref: str = "") -> None:
        """Returns when the container is where ``network`` is; once begun, it goes on to its end.

        Args:
            network: The ID that clients know.
            ref: What the client calls it.

        Raises:
            ApiError: It stays where it is.
        """
        await shielded(
            self._lock.take(container_id, partial(self._follow, container_id, network, ref))
        )

    async def _follow(self, container_id: str, network: str, ref: str) -> None:
        container = self._fleet.state.containers.get(container_id)
        if container is None:
            raise NoSuchContainer(container_id)
        found = find_network(self._fleet.state, network)
        engine = self._fleet.engine(container)
        if engine in found.engines:
            return  # another call has brought it there
        if container.state != "created":
            raise StaysApart(ref or network, found, container, engine, [STARTED])
        with self._fleet.state.handovers.under_way(container_id):
            shown = await self._inspect(engine, container)
            plan = blueprint(shown, container.name)
            if reasons := await self._reasons(container, engine, shown, plan):
                raise StaysApart(ref or network, found, container, engine, reasons)
            order = self._order(container, engine, shown, plan, network_id(found.value))
            try:
                await self._make_again(container, engine, shown, plan, order)
            except NoCandidate as error:  # it was given constraints, say
                reasons = [_does_not_fit(found.engine.name, error)]
                raise StaysApart(ref or network, found, container, engine, reasons) from None
        await self._local.tidy(engine)

    # Whether it may go

    async def _reasons(
        self, container: Container, engine: Engine, shown: Json, plan: Blueprint
    ) -> list[str]:
        """In words; what costs calls is asked last."""
        found = [
            *reasons_not_to_follow(shown, plan.config.volumes, self._shared_volumes()),
            *self._calls(container),
            *await self._hangers_on(container, engine),
            *self._company(container, engine),
        ]
        return found or await self._contents(container, engine, shown)

    def _shared_volumes(self) -> frozenset[str]:
        engines = self._fleet.state.engines.values()
        volumes = (one for engine in engines for one in engine.volumes.values())
        return frozenset(one.name for one in volumes if one.scope == "global")

    def _calls(self, container: Container) -> Iterator[str]:
        if self._fleet.state.handovers.held(container.id):
            yield "a client is attached to it, waits for it or copies into it"

    async def _hangers_on(self, container: Container, engine: Engine) -> list[str]:
        """Whoever names it in a mode or a link finds it on its own node only."""
        await settle_containers(self._fleet, [engine] if engine.dirty else [])
        unknown = [one for one in engine.containers.values() if not one.sized]
        await settle_details(self._fleet, unknown)
        return [
            f"container {other.name} is tied to it"
            for other in engine.containers.values()
            if other.id != container.id and any(_means(ref, container) for ref in other.tied)
        ]

    def _company(self, container: Container, engine: Engine) -> Iterator[str]:
        """A network that it shares there cannot come along."""
        mine = {name for name, _ in container.networks} - PREDEFINED
        here = {one.name for one in engine.networks.values() if one.scope == "local"}
        for name in sorted(mine & here):
            others = [one.name for one in engine.containers.values() if name in dict(one.networks)]
            if len(others) > 1:
                yield f"it is in network {name}, which others use there"

    async def _contents(self, container: Container, engine: Engine, shown: Json) -> list[str]:
        """What somebody has put into it, or its image into its volumes."""
        path = ("GET", "containers", container.id)
        changed = accepted(engine.name, await self._call(engine, *path, "changes"))
        if read_answer(engine.name, changed.body, list):
            return ["files were copied into it"]
        for mount in shown.get("Mounts") or ():
            if mount.get("Type") == "volume" and mount.get("Name") not in self._shared_volumes():
                where = str(mount.get("Destination"))
                if not await self._is_empty(engine, (*path, "archive"), where):
                    return [f"its volume on {where} holds files"]
        return []

    async def _is_empty(self, engine: Engine, path: tuple[str, ...], folder: str) -> bool:
        query = [("path", folder)]
        try:
            answer = await self._call(engine, *path, query=query, limit=EMPTY)
        except EngineUnreachable as error:
            if not error.sent:
                raise
            return False
        if answer.status == 404:
            return True  # its engine makes it at the start
        try:
            with tarfile.open(fileobj=BytesIO(accepted(engine.name, answer).body)) as archive:
                return len(archive.getnames()) < 2
        except tarfile.TarError:
            return False

    # The move

    def _order(
        self, container: Container, engine: Engine, shown: Json, plan: Blueprint, network: str
    ) -> CreateOrder:
        labels = dict(plan.body.get("Labels") or {})
        identity = labels.get(IDENTITY) or self._identify()
        kept = KeptIdentity(container.id, identity, engine.spec.id, container.name)
        body = {**plan.body, "Labels": {**labels, **kept.labels()}}
        if (shown.get("Config") or {}).get("Hostname") == shown["Id"][:12]:
            body |= _hostname(shown, container)
        networks = tuple(dict.fromkeys((*plan.config.networks, network)))
        return CreateOrder(
            kept.interim_name,
            body,
            replace(plan.config, networks=networks, labels={**plan.config.labels, **kept.labels()}),
            f"follow {container.id}",
            min(self._fleet.api_version, _NEWEST),
            copies=container,
        )

    async def _make_again(
        self,
        container: Container,
        engine: Engine,
        shown: Json,
        plan: Blueprint,
        order: CreateOrder,
    ) -> None:
        answer = await self._creator.create(order)
        if answer.status != 201:
            raise ApiError(message_of(answer.body), answer.status)
        own = made_id("", answer.body)
        key, kept = self._fleet.state.catalogue.interim.get(own) or ("", None)
        new = self._fleet.state.engines.get(key)
        if new is None or kept is None:
            raise Unavailable(f"the node that {container.name} was made on has left")
        try:
            await self._complete(new, own, plan, container)
            self._check_image(engine, shown, new, await self._inspect_own(new, own))
            await self._remove_old(container, engine)
        except ApiError as error:
            if not (isinstance(error, EngineUnreachable) and error.sent):
                await self._copies.remove(own)
            raise
        self._fleet.state.hand_over(container, own, key)
        await self._copies.name(new, own, kept)

    async def _complete(self, new: Engine, own: str, plan: Blueprint, container: Container) -> None:
        """In all networks in which the old one is."""
        for network, endpoint in plan.further.items():
            body = {"Container": own, "EndpointConfig": with_short_id(endpoint, container.id)}
            joined = partial(self._call, new, "POST", "networks", network, "connect", body=body)
            accepted(new.name, await retry(joined))

    def _check_image(self, old: Engine, shown: Json, new: Engine, copy: Json) -> None:
        """Its name may have been given to another one since."""
        before, now = str(shown.get("Image")), str(copy.get("Image"))
        one, other = old.images.get(before), new.images.get(now)
        if before != now and not (one and other and alike(one, other)):
            name = (shown.get("Config") or {}).get("Image")
            raise BadParameter(
                f"the container stays on {old.name}: image {name}, which it was made of, "
                f"is another one by now on {new.name}"
            )

    async def _remove_old(self, container: Container, engine: Engine) -> None:
        """Not by force: one that somebody has started meanwhile runs on."""
        path = ("DELETE", "containers", container.id)
        gone = partial(self._call, engine, *path, query=[("v", "1")])
        accepted(engine.name, await retry(gone), 404)

    async def _inspect(self, engine: Engine, container: Container) -> dict[str, Any]:
        return await self._inspect_own(engine, container.id)

    async def _inspect_own(self, engine: Engine, ref: str) -> dict[str, Any]:
        answer = await self._call(engine, "GET", "containers", ref, "json")
        return read_answer(engine.name, accepted(engine.name, answer).body, dict)

    async def _call(self, engine: Engine, method: str, *path: str, **more: Any) -> Any:
        asked = min(self._fleet.api_version, _NEWEST)
        return await self._fleet.call(engine, method, *path, asked=asked, timeout=CALL, **more)


def _does_not_fit(node: str, error: NoCandidate) -> str:
    """Why the network's node will not do."""
    verdict = error.verdicts.get(node)
    return f"{node} does not fit: {verdict.reason} ({verdict.filter})" if verdict else str(error)


def with_short_id(endpoint: Json, container_id: str) -> dict[str, Any]:
    """Engines make the short ID a name in networks; here theirs is another than clients know."""
    aliases = [*(endpoint.get("Aliases") or ()), container_id[:12]]
    return {**endpoint, "Aliases": list(dict.fromkeys(aliases))}


def _means(ref: str, container: Container) -> bool:
    """Whether an engine may take ``ref`` for it."""
    return ref in container.names or (bool(ref) and container.id.startswith(ref))


def _hostname(shown: Json, container: Container) -> dict[str, str]:
    """The first digits of the ID, as engines choose it, unless it is another's."""
    mode = str((shown.get("HostConfig") or {}).get("NetworkMode") or "")
    own = mode != "host" and not mode.startswith("container:")
    return {"Hostname": container.id[:12]} if own else {}
