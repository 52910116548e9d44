"""A create as it was asked for, and what it means for placement on this fleet."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from swarmd.cluster.images.image_lookup import is_misread
from swarmd.cluster.lookup import find_container, find_network
from swarmd.cluster.publishing.balanced_create import balanced
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.create_request import CreateRequest, parse_create
from swarmd.core.container.features import features
from swarmd.core.container.personal_labels import as_a_client_may
from swarmd.core.errors import ApiError, NotFound
from swarmd.core.expressions import Expression, parse_expressions
from swarmd.core.image.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY, KEPT_CONTAINER, split_node
from swarmd.core.predefined import PREDEFINED, predefined_name
from swarmd.core.request.bounds import check_trials
from swarmd.core.request.json_keys import CONTAINER_CREATE, spelled
from swarmd.core.request.scope import Scope
from swarmd.core.request.version import Version, show
from swarmd.manager.fleet.json_body import decoded_json
from swarmd.manager.fleet.placer import node_pin
from swarmd.scheduler.filters.platform import parse_platform
from swarmd.scheduler.placement import Pin, Placement

Vet = Callable[[Engine, Sequence[str]], Coroutine[Any, Any, None]]


class NotMadeError(Exception):
    """The reason why an engine made no container of an order; another engine may."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


def _admit_all(demand: Demand, replaced: Sequence[Container]) -> None:
    """Nobody has set a quota."""


async def _allow_all(engine: Engine, volumes: Sequence[str]) -> None:
    """Nobody bounds what a volume may be."""


@dataclass(frozen=True, slots=True)
class CreateOrder:
    """A create as it is carried out: the request, its name and ID, and who asks.

    Attributes:
        name: "" lets swarmd invent one.
        body: The decoded body, as it came.
        config: What placement needs of it.
        client: Who asks, as far as it matters where a pull goes.
        version: The API version in which it was asked.
        query: The other query arguments, to be passed on.
        admit: Raises ApiError if nothing of that size may be added now, in place of those.
        vet: Raises ApiError if volumes of these names, on this engine, must not be mounted.
        devices_by_environment: Env and image may ask a runtime for devices.
        platform_holders: Keys of engines that have the image for ``platform``, which is not theirs.
        replaces: The container, on a node that it must leave, whose name and place this one takes.
        copies: The container, never started and on another node, as whose goes on what is made.
        to: Key of the engine that it is to be made on; "" leaves that to the scheduler.
        scope: Whose containers have a say in where it goes; None for all.
    """

    name: str
    body: Mapping[str, Any]
    config: CreateRequest
    client: str
    version: Version
    platform: str = ""
    platform_holders: frozenset[str] = frozenset()
    query: tuple[tuple[str, str], ...] = ()
    replaces: Container | None = None
    copies: Container | None = None
    to: str = ""
    admit: Callable[[Demand, Sequence[Container]], None] = _admit_all
    vet: Vet = _allow_all
    devices_by_environment: bool = True
    scope: Scope | None = None

    def heeds(self, other: Container) -> bool:
        """Whether labels and names that this one has in common with ``other`` mean anything."""
        return self.scope is None or self.scope.owns(other.labels)

    @property
    def is_counted(self) -> bool:
        """Whether a quota bounds it."""
        return self.admit is not _admit_all

    @property
    def leaves(self) -> str:
        """The key of the engine whose networks and volumes are no reason to stay there."""
        old = self.replaces or self.copies
        return old.engine if old else ""


def read_body(body: bytes) -> tuple[Mapping[str, Any], CreateRequest]:
    """The decoded body; BadParameter, in an engine's words, for one that no engine would take."""
    decoded: Any = spelled(decoded_json(body), CONTAINER_CREATE) if body.strip() else None
    decoded = as_a_client_may(decoded)
    return decoded, parse_create(decoded)


def completed(
    state: State,
    order: CreateOrder,
    invent: Callable[[Callable[[str], bool]], str],
    identify: Callable[[], str],
) -> CreateOrder:
    """The order as it is placed: with a name, a Swarm ID and an image that is named for certain.

    Args:
        invent: Makes a free name, given a test whether a name is taken.
        identify: Makes a Swarm ID.
    """
    if not order.name:
        order = replace(order, name=invent(state.name_taken))
    return shared_ports(state, definite(state, identified(state, order, identify)))


def shared_ports(state: State, order: CreateOrder) -> CreateOrder:
    """The order with ports that the engine may choose, where swarmd leads to several."""
    if state.catalogue.ports is None:
        return order
    body, config = balanced(order.body, order.config)
    return replace(order, body=body, config=config)


def definite(state: State, order: CreateOrder) -> CreateOrder:
    """The order with its image so named that every engine takes it for a name."""
    if not is_misread(state, order.config.image):
        return order
    image = familiar(order.config.image)
    body = {**order.body, "Image": image}
    return replace(order, body=body, config=replace(order.config, image=image))


def identified(state: State, order: CreateOrder, invent: Callable[[], str]) -> CreateOrder:
    """The order with a Swarm ID: the client's own if it is free, else an invented one.

    Clients that copy a container with all its labels must not make two of one identity.
    """
    own = order.config.labels.get(IDENTITY)
    if own and (order.replaces or order.copies):
        return order
    if own and not state.catalogue.identities.find(own):
        return _labelled(order, {KEPT_CONTAINER: ""})  # an image may have one for this very ID
    return _labelled(order, {IDENTITY: invent()})


def _labelled(order: CreateOrder, label: Mapping[str, str]) -> CreateOrder:
    body = {**order.body, "Labels": {**(order.body.get("Labels") or {}), **label}}
    config = replace(order.config, labels={**order.config.labels, **label})
    return replace(order, body=body, config=config)


def placement(state: State, order: CreateOrder) -> Placement:
    """The order in the scheduler's terms, with every reference resolved."""
    config = order.config
    references = References(state, config)
    kinds = (config.constraints, config.affinities, config.whitelists)
    expressions = iter(parse_expressions(chain(*kinds)))
    constraints, affinities, whitelists = (tuple(islice(expressions, len(one))) for one in kinds)
    check_affinities(state, affinities)
    return Placement(
        name=order.name,
        image=config.image,
        demand=config.demand,
        port_ranges=config.port_ranges,
        host_mode=config.network_mode == "host",
        cpuset=config.cpuset,
        device_wishes=config.device_wishes,
        constraints=constraints,
        affinities=affinities,
        whitelists=whitelists,
        dependencies=tuple(references.dependencies()),
        networks=tuple(references.plain(name) for name in config.networks),
        volumes=tuple(references.plain(name) for name in config.volumes),
        platform=parse_platform(order.platform),
        platform_holders=order.platform_holders,
        spread=config.spread,
        pins=(*references.node_pins(), *_version_pins(state, order), *_target(state, order)),
    )


def reservation(
    state: State, order: CreateOrder, engine: Engine, demand: Demand, number: int, now: float
) -> Container:
    """The container as it counts until ``engine`` has told of it.

    Args:
        number: Another one for each.
        now: Wall-clock seconds.
    """
    config, plain = order.config, References(state, order.config).plain
    return Container(
        id=f"pending-{number}",
        engine=engine.key,
        names=(order.name,),
        image=config.image,
        created=now - engine.spec.clock_offset,
        labels=config.labels,
        demand=demand,
        networks=tuple((name, "") for name in config.networks),
        network_mode=config.network_mode,
        wishes=config.port_wishes,
        tied=tuple(dict.fromkeys(plain(ref) for _, ref in config.containers)),
        tty=config.tty,
        sized=True,
        pending=True,
    )


def check_affinities(state: State, affinities: Iterable[Expression]) -> None:
    """Raises BadParameter for more patterns than are tried on the containers' names and IDs."""
    patterns = sum(one.pattern.exact is None for one in affinities)
    check_trials(patterns, 2 * len(state.containers), "the request's affinities")


def _version_pins(state: State, order: CreateOrder) -> Iterator[Pin]:
    """A feature that an engine would drop in silence keeps the container off that engine."""
    for feature in features(order.body, order.platform):
        if feature.since <= order.version:
            able = frozenset(
                key for key, e in state.engines.items() if e.spec.api_max >= feature.since
            )
            reason = f"speaks an API before {show(feature.since)}, which ignores {feature.words}"
            yield Pin(f"api>={show(feature.since)}", able, reason)


def _target(state: State, order: CreateOrder) -> Iterator[Pin]:
    if order.to:
        engine = state.engines.get(order.to)
        reason = f"it is to move to {engine.name if engine is not None else order.to}"
        yield Pin("move", frozenset({order.to}), reason)


class References:
    """The containers, networks and volumes that an order names."""

    def __init__(self, state: State, config: CreateRequest) -> None:
        self._state = state
        self._config = config
        self._networks = frozenset(config.networks)
        self._containers = frozenset(ref for _, ref in config.containers)

    def plain(self, ref: str) -> str:
        """``ref`` as its engine knows it: without a node, and with the ID of today."""
        if ref in self._containers and (own := self._own_id(ref)):
            return own
        node, name = split_node(ref)
        if node and self._node(node) is not None:
            return name
        if ref in self._networks:
            return self._network(ref)
        return predefined_name(ref) or ref

    def _own_id(self, ref: str) -> str:
        """Of a container that its engine knows by another ID than clients do; else ""."""
        try:
            container = find_container(self._state, ref)
        except NotFound:
            return ""
        ids = self._state.engines[container.engine].ids
        return ids.own(container.id) if ids.has(container.id) else ""

    def _network(self, ref: str) -> str:
        """By name or whole ID; of one that was moved clients have another than its engine."""
        try:
            network = find_network(self._state, ref).value
        except NotFound:
            return ref
        return network.name if ref == network.name or network.name in PREDEFINED else network.id

    def dependencies(self) -> Iterator[Pin]:
        for option, ref in self._config.containers:
            if option == "--link" and self._in_own_network():
                continue
            try:
                container = find_container(self._state, ref)
            except NotFound:
                continue  # an engine has words for that, or takes it until the start
            node = self._state.engines[container.engine].name
            here = frozenset({container.engine})
            yield Pin(f"{option}={ref}", here, f"container {ref} is on {node}")

    def _in_own_network(self) -> bool:
        """Where a link is but an alias, which engines take whether or not it leads anywhere."""
        mode = self._config.network_mode
        return mode in self._networks and not predefined_name(split_node(mode)[1])

    def node_pins(self) -> Iterator[Pin]:
        """``node-1/net`` and ``node-1/vol`` say where to go."""
        for ref in (*self._config.networks, *self._config.volumes):
            engine = self._node(split_node(ref)[0])
            if engine is not None:
                yield node_pin(engine)

    def _node(self, name: str) -> Engine | None:
        return self._state.roster.by_name(name) if name else None
