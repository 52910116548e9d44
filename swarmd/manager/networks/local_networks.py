"""Networks that live on one engine each, and how one moves while nobody uses it.

Compose makes its network before it knows where its containers must go; so a local network without
containers follows the first one. Clients keep the ID they were given: it stays in a label.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from swarmd.cluster.kept_ids import network_id
from swarmd.cluster.lookup import Found, find_engine, find_network
from swarmd.core.container.create_request import label_list
from swarmd.core.errors import (
    ApiError,
    BadParameter,
    Conflict,
    EngineRefused,
    EngineUnreachable,
    NotFound,
)
from swarmd.core.model import Engine, Network
from swarmd.core.names import KEPT_ID, split_node
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.json_keys import NETWORK_CREATE
from swarmd.core.request.version import Version
from swarmd.manager.claims.claim import NETWORK
from swarmd.manager.claims.making import Making
from swarmd.manager.fleet.answers import accepted, made_id, message_of, read_answer
from swarmd.manager.fleet.fanout import Outcome
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.json_body import spelled_object
from swarmd.manager.fleet.placer import CONSTRAINTS, Placer, label_constraints
from swarmd.manager.fleet.read_your_writes import settle_containers, settle_lists, unsettled
from swarmd.manager.fleet.retry import retry
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.networks.driver import with_driver
from swarmd.manager.networks.over_nodes import Remove, heard_of_removal, once_released
from swarmd.scheduler.placement import Pin, Placement
from swarmd.streams.link import Answer

CHANGE = 30.0  # seconds for an engine to make or remove one
LOOKS, PAUSE = 20, 0.25  # for one whose answer was lost: how often, seconds between
# What an inspect shows of the body that the network was made from.
_KEPT = (
    *("Driver", "Scope", "EnableIPv4", "EnableIPv6", "IPAM", "Internal"),
    *("Attachable", "Ingress", "ConfigFrom", "ConfigOnly", "Options"),
)


class LocalNetworks:
    """The networks that live on one engine each.

    Creates and moves.

    Attributes:
        making: Where other swarmds have to agree; None if there are none.
    """

    _log = Logger()

    def __init__(self, fleet: Fleet, placer: Placer) -> None:
        self._fleet = fleet
        self._placer = placer
        self.making: Making | None = None
        self._being_made: dict[str, list[Deferred[None]]] = {}  # name -> who waits for its end
        self._in_doubt: dict[str, Engine] = {}  # name -> who was asked for it, and may yet make it

    async def create(self, body: bytes, asked: Version | None) -> Answer:
        wanted = _without_kept_id(spelled_object(body, NETWORK_CREATE))
        await settle_lists(self._fleet, "networks")
        node, name = self._split(_name(wanted.get("Name")))
        if name in self._being_made:
            await self._first_one_is_over(name)
        self._check_free(name)
        sent = with_driver({**wanted, "Name": name}, self._fleet.network_driver)
        if node is not None:
            sent["Labels"] = _pinned(sent.get("Labels"), node)
        if self.making is not None:
            return await shielded(self._create_agreed(self.making, sent, node, asked))
        engine = self._asked_already(name, node) or self._choose(sent)
        return await shielded(self._create_on(engine, sent, asked))

    async def _create_agreed(
        self, making: Making, wanted: dict[str, Any], node: Engine | None, asked: Version | None
    ) -> Answer:
        """Other swarmds have agreed to the name before an engine hears of it."""
        name = wanted["Name"]

        async def choose() -> Engine:
            await settle_lists(self._fleet, "networks")
            self._check_free(name)
            return self._asked_already(name, node) or self._choose(wanted)

        engine, held = await making.claimed(NETWORK, name, [], choose)
        async with making.ending(held):
            return await self._create_on(engine, wanted, asked)

    async def _create_on(
        self, engine: Engine, wanted: dict[str, Any], asked: Version | None
    ) -> Answer:
        """An engine that has been asked already, and lost with its answer, refuses another."""
        name = wanted["Name"]
        doubtful = self._in_doubt.pop(name, None) is not None
        if doubtful:
            wanted = {**wanted, "CheckDuplicate": True}
        self._being_made[name] = []
        try:
            return await self._post(engine, wanted, asked)
        except EngineUnreachable as error:
            if doubtful or error.sent:
                self._in_doubt[name] = engine
            raise
        finally:
            for waiting in self._being_made.pop(name):
                if not waiting.called:
                    waiting.callback(None)

    async def _first_one_is_over(self, name: str) -> None:
        """Whether the name is taken shows then: an engine may look for a driver that is nowhere."""
        over: Deferred[None] = Deferred()
        self._being_made[name].append(over)
        over.addTimeout(CHANGE, self._fleet.clock, lambda result, timeout: None)
        await over
        await settle_lists(self._fleet, "networks")

    def _asked_already(self, name: str, node: Engine | None) -> Engine | None:
        """Who may have made it, or may yet do so: no other engine may be asked for it."""
        engines: Mapping[str, Engine] = self._fleet.state.engines
        engine = self._in_doubt.get(name)
        if engine is None or engines.get(engine.key) is not engine:
            return None
        if node not in (None, engine):
            raise Conflict(f"network {name} may just be made on {engine.name}")
        return engine

    def _split(self, ref: str) -> tuple[Engine | None, str]:
        """``node-1/net`` asks for a node, which must be there."""
        node, name = split_node(ref)
        return (find_engine(self._fleet.state, node), name) if node else (None, ref)

    def _check_free(self, name: str) -> None:
        if not name:
            raise BadParameter("network name cannot be empty")
        engines = self._fleet.state.engines.values()
        taken = any(one.name == name for e in engines for one in e.networks.values())
        if name in PREDEFINED:
            return  # its engine has words for that
        if taken:
            self._in_doubt.pop(name, None)
        if taken or name in self._being_made:
            raise Conflict(f"network with name {name} already exists")

    def _choose(self, wanted: Mapping[str, Any]) -> Engine:
        pins: tuple[Pin, ...] = ()
        if wanted.get("Driver") == "overlay":
            pins = self._managers()
        pins += self._configured(wanted.get("ConfigFrom"))
        constraints = label_constraints(wanted.get("Labels"))
        return self._placer.rank(Placement(constraints=constraints, pins=pins))[0]

    def _managers(self) -> tuple[Pin, ...]:
        """Where there are none, any engine has words for that."""
        managers = {k for k, e in self._fleet.state.engines.items() if e.spec.swarm_manager}
        pin = Pin("driver==overlay", frozenset(managers), "is no manager in swarm mode")
        return (pin,) if managers else ()

    def _configured(self, source: Any) -> tuple[Pin, ...]:
        """Where the network is that it takes its configuration from, if that is anywhere."""
        ref = source.get("Network") if isinstance(source, dict) else None
        if not isinstance(ref, str) or not ref:
            return ()
        try:
            engines = find_network(self._fleet.state, ref).engines
        except NotFound:
            return ()
        holders = frozenset(engine.key for engine in engines)
        return (Pin(f"config-from=={ref}", holders, f"has no network {ref}"),)

    async def _post(self, engine: Engine, body: Mapping[str, Any], asked: Version | None) -> Answer:
        return await self._fleet.call(
            engine, "POST", "networks", "create",
            asked=asked, body=body, timeout=CHANGE, stale="networks",
        )  # fmt: skip

    async def remove_swarms(self, network: Network, remove: Remove) -> list[Outcome]:
        """Of a network of a swarm; the name is free once all nodes have heard of it."""
        outcomes = await once_released(self._fleet, network.id, remove)
        if all(outcome.ok for outcome in outcomes):
            await heard_of_removal(self._fleet, network.id)
        return outcomes

    # Moving

    def identity(self, ref: str) -> str:
        """The same for every reference to one network."""
        try:
            return f"network {network_id(find_network(self._fleet.state, ref).value)}"
        except (NotFound, BadParameter):
            return f"network {ref}"

    async def settle(self, refs: Iterable[str]) -> None:
        """So that ``movable`` knows of containers that were connected a moment ago."""
        movable = [self.movable(ref) for ref in refs]
        engines = [found.engine for found in movable if found is not None]
        await settle_containers(self._fleet, [e for e in unsettled(self._fleet) if e in engines])

    def exists(self, ref: str) -> bool:
        try:
            return bool(find_network(self._fleet.state, ref).engines)
        except (NotFound, BadParameter):
            return False

    def movable(self, ref: str) -> Found[Network] | None:
        """The network, if it may follow a container: local, nobody's, and put there by nobody."""
        try:
            found = find_network(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return None
        network = found.value
        if network.scope != "local" or network.name in PREDEFINED or len(found.engines) > 1:
            return None
        if CONSTRAINTS in network.labels or _is_used(network, found.engine):
            return None
        if (orjson.loads(network.entry).get("ConfigFrom") or {}).get("Network"):
            return None  # what it is made from stays
        return found

    async def move(self, found: Found[Network], to: Engine) -> None:
        """Makes it anew on ``to`` under the ID that clients know, and removes the old one.

        Raises:
            ApiError: It stays where it was.
        """
        network, old = found.value, found.engine
        body = await self._description(network, old)
        made = await self._make(body, to)
        await self._remove_old(network, old, partial(self._remove, made, to))
        await settle_lists(self._fleet, "networks")

    async def _remove_old(
        self, network: Network, old: Engine, undo: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Where nobody knows whether that was done the new one stays: better two than none."""
        try:
            await self._remove(network.id, old)
        except EngineUnreachable as error:
            text = "network {name} is perhaps there twice: {error}"
            self._log.warn(text, name=network.name, error=error)
        except ApiError:
            await undo()
            raise

    def only_on(self, ref: str, key: str) -> Found[Network] | None:
        """The network, if it is local and no engine but the one of ``key`` has it."""
        try:
            found = find_network(self._fleet.state, ref)
        except (NotFound, BadParameter):
            return None
        network, here = found.value, [engine.key for engine in found.engines] == [key]
        local = network.scope == "local" and network.name not in PREDEFINED
        return found if here and local else None

    async def copy(self, found: Found[Network], to: Engine) -> bool:
        """Makes a second one of it on ``to``, as far as the list of networks tells what it is.

        The node that has it may be dead. To clients both are one network, with one ID.
        """
        network = found.value
        await self._make(_description(network, orjson.loads(network.entry)), to)
        await settle_lists(self._fleet, "networks")
        return True

    async def drop_unused(self, engine: Engine, kept: Container[str] = ()) -> None:
        """Removes the networks that nobody uses there and that others have a copy of.

        Args:
            kept: Identities of those that somebody is about to use.
        """
        if not _unused(engine):
            return  # as with most that come: of a thousand, not each may look at all others
        await settle_lists(self._fleet, "networks")
        copies = {
            network_id(one)
            for other in self._fleet.healthy()
            if other is not engine
            for one in other.networks.values()
        }
        for network in _unused(engine):
            if network_id(network) in copies and self.identity(network.id) not in kept:
                await self._remove(network.id, engine)

    async def _description(self, network: Network, engine: Engine) -> dict[str, Any]:
        return _description(network, await self._shown(network.id, engine))

    async def _make(self, body: dict[str, Any], engine: Engine) -> str:
        """Its subnet is kept if it is free on the new node, else that engine picks one."""
        made = await self._posted(body, engine)
        if made.status != 201:
            loose = {**body, "IPAM": {**(body.get("IPAM") or {}), "Config": []}}
            made = await self._posted(loose, engine)
        if made.status != 201:
            raise EngineRefused(engine.name, made.status, message_of(made.body))
        return made_id(engine.name, made.body)

    async def _posted(self, body: dict[str, Any], engine: Engine) -> Answer:
        """One whose answer was lost is waited for: an engine gives a network's name twice."""
        try:
            return await self._post(engine, body, None)
        except EngineUnreachable as error:
            if not error.sent:
                raise
            lost = error
        for _ in range(LOOKS):
            if made := await self._made(body, engine):
                return made
            await deferLater(self._fleet.clock, PAUSE)
        raise lost

    async def _made(self, body: dict[str, Any], engine: Engine) -> Answer | None:
        try:
            shown = await self._shown(body["Name"], engine)
        except EngineRefused:
            return None
        if (shown.get("Labels") or {}).get(KEPT_ID) != body["Labels"][KEPT_ID]:
            return None
        return Answer(201, [], orjson.dumps({"Id": shown.get("Id")}))

    async def _remove(self, ref: str, engine: Engine) -> None:
        """It may be gone already."""
        path, call = ("DELETE", "networks", ref), self._fleet.call
        gone = await retry(partial(call, engine, *path, timeout=CHANGE, stale="networks"))
        accepted(engine.name, gone, 404)

    async def _shown(self, ref: str, engine: Engine) -> dict[str, Any]:
        path, call = ("GET", "networks", ref), self._fleet.call
        answer = accepted(engine.name, await retry(partial(call, engine, *path, timeout=CHANGE)))
        shown: dict[str, Any] = read_answer(engine.name, answer.body, dict)
        return shown


def _description(network: Network, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The body that makes it again, under the ID that clients know."""
    labels = {**(shown.get("Labels") or {}), KEPT_ID: network_id(network)}
    kept = {key: shown[key] for key in _KEPT if shown.get(key) is not None}
    return {**kept, "Name": network.name, "CheckDuplicate": True, "Labels": labels}


def _without_kept_id(wanted: dict[str, Any]) -> dict[str, Any]:
    """A client that copies a network with its labels makes another one, with an ID of its own."""
    labels = wanted.get("Labels")
    if not isinstance(labels, dict) or KEPT_ID not in labels:
        return wanted
    return {**wanted, "Labels": {key: labels[key] for key in labels if key != KEPT_ID}}


def _name(given: Any) -> str:
    if given is not None and not isinstance(given, str):
        raise BadParameter("invalid JSON: the Name of a network is a string")
    return given or ""


def _pinned(labels: Any, node: Engine) -> dict[str, Any]:
    """With the node that was asked for, which the network then keeps to."""
    labels = labels if isinstance(labels, dict) else {}
    stated = label_list(CONSTRAINTS, labels.get(CONSTRAINTS))
    return {**labels, CONSTRAINTS: orjson.dumps([*stated, f"node=={node.name}"]).decode()}


def _unused(engine: Engine) -> list[Network]:
    """Its own networks that no container is in."""
    return [
        one
        for one in engine.networks.values()
        if one.scope == "local" and one.name not in PREDEFINED and not _is_used(one, engine)
    ]


def _is_used(network: Network, engine: Engine) -> bool:
    """Also by containers that are not running: they will want it when they start."""
    used = engine.tally.networks
    return network.name in used or network.id in used
