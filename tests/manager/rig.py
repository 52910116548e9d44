"""A fleet whose engines are scripts: state, hub and fleet are real, only the wire is not."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.cluster import actions
from swarmd.cluster.state import State
from swarmd.core.container.id_map import IdMap
from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Engine, Spec
from swarmd.core.names import random_name
from swarmd.discovery.entry import Entry
from swarmd.engine.tracking_context import TrackingContext
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.event_hub import EventHub
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.images.copying.distribute import Distributor
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.networks.local_networks import LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.scheduler.registry import make_policy
from swarmd.streams.link import Answer

T = TypeVar("T")
NOW = 1_700_000_000.0
SWARM_ID = "f00d" * 16  # of every container that is made
# A reply is a status and a JSON value, or an error, or a Deferred of either.
Reply = Any


@dataclass
class Wire:
    """The connections to one engine: answers by rules, and remembers what was asked."""

    node: str
    peer: str = ""
    rules: list[tuple[str, re.Pattern[str], Callable[[str, bytes], Reply]]] = field(
        default_factory=list
    )
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    ended: str = ""

    def on(self, method: str, path: str, reply: Reply) -> None:
        """The last rule that fits counts; ``reply`` may be a function of target and body."""
        answer = reply if callable(reply) else lambda target, body: reply
        self.rules.insert(0, (method, re.compile(rf"(/v1\.\d+)?{path}(\?.*)?\Z"), answer))

    async def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        timeout: float = 10.0,
        limit: int = 0,
        gate: Any = None,
    ) -> Answer:
        self.asked.append((method, target))
        self.bodies.append(orjson.loads(body) if body else None)
        reply = self._reply(method, target, body)
        if isinstance(reply, Deferred):
            reply = await reply
        if isinstance(reply, Exception):
            raise reply
        status, value = reply
        return Answer(status, [], value if isinstance(value, bytes) else orjson.dumps(value))

    def _reply(self, method: str, target: str, body: bytes) -> Reply:
        for rule, path, answer in self.rules:
            if rule == method and path.match(target):
                return answer(target, body)
        return EngineUnreachable(self.node, "connection refused")

    def translate(self, ids: IdMap) -> None: ...

    def interrupt(self, cause: str) -> None:
        self.ended = cause

    def retire(self) -> None:
        self.ended = "retired"


class Rig:
    """Healthy engines node-1, node-2 …, each with its ``wires[name]``."""

    def __init__(self, engines: int = 3, **spec: Any) -> None:
        self.clock = Clock()
        self.now = NOW
        self.state = State(self.clock.seconds)
        self.wires: dict[str, Wire] = {}
        self.hub = EventHub(self.state)
        context = TrackingContext(
            self.clock,
            lambda: self.now,
            lambda: 0.5,
            self.state.dispatch,
            self.hub.publish,
            self.state.engines,
        )
        self.fleet = Fleet(self.state, self.hub, context, self._wire, lambda: self.now)
        for number in range(1, engines + 1):
            self.add(number, **spec)

    def _wire(self, entry: Entry) -> Any:
        return self.wires.setdefault(entry.name, Wire(entry.name))

    def entry(self, number: int, labels: Mapping[str, str] | None = None) -> Entry:
        key = f"10.0.0.{number}:2375"
        return Entry(key, key, labels or {}, f"node-{number}")

    def add(self, number: int, **spec: Any) -> Engine:
        listed = [*self.fleet._entries.values(), self.entry(number)]
        self.fleet.apply(listed)
        return self.validate(number, **spec)

    def validate(self, number: int, **spec: Any) -> Engine:
        key = f"10.0.0.{number}:2375"
        given = {"cpus": 4, "memory": 4 << 30, **spec}
        self.fleet.dispatch(
            actions.EngineValidated(key, Spec(f"ID{number}", f"node-{number}", **given), self.now)
        )
        self.fleet.dispatch(actions.EngineAnswered(key, self.now))
        return self.state.engines[key]

    def lose(self, number: int) -> None:
        key = f"10.0.0.{number}:2375"
        self.fleet.dispatch(actions.EngineFailed(key, "no answer", self.now, fatal=True))

    def engine(self, number: int) -> Engine:
        return self.state.engines[f"10.0.0.{number}:2375"]

    def wire(self, number: int) -> Wire:
        return self.wires[f"node-{number}"]

    def creator(self, policy: str = "spread", retries: int = 0) -> Creator:
        self.plans = PullPlans(lambda: self.now)
        placer = Placer(self.fleet, make_policy(policy), lambda: 0)
        self.networks = LocalNetworks(self.fleet, placer)
        self.volumes = LocalVolumes(self.fleet, placer)
        self.supply = Supply(self.fleet)
        self.distributor = Distributor(self.fleet, placer, self.supply)
        self.local = LocalResources(self.fleet, self.networks, self.volumes, self.supply)
        chance = random.Random(0)
        invent = partial(random_name, chance.choice)
        return Creator(
            self.fleet, placer, self.plans, self.local, invent, lambda: SWARM_ID, retries
        )

    def on_all(self, method: str, path: str, reply: Reply) -> None:
        for wire in self.wires.values():
            wire.on(method, path, reply)

    def has_container(self, number: int, container_id: str, name: str, **item: Any) -> None:
        entry = {"Id": container_id, "Names": [f"/{name}"], "State": "running", **item}
        entry.setdefault("Status", "Up 2 minutes")
        key = self.engine(number).key
        asked = frozenset({container_id})
        self.fleet.dispatch(
            actions.ContainersListed(key, [entry], self.clock.seconds(), self.now, asked)
        )

    def has_network(self, number: int, network_id: str, name: str, **item: Any) -> None:
        engine = self.engine(number)
        listed = [orjson.loads(network.entry) for network in engine.networks.values()]
        entry = {"Id": network_id, "Name": name, "Driver": "bridge", "Scope": "local", **item}
        self.fleet.dispatch(actions.NetworksListed(engine.key, [*listed, entry]))

    def has_volume(self, number: int, name: str, **item: Any) -> None:
        engine = self.engine(number)
        listed = [orjson.loads(volume.entry) for volume in engine.volumes.values()]
        entry = {"Name": name, "Driver": "local", "Scope": "local", **item}
        self.fleet.dispatch(actions.VolumesListed(engine.key, [*listed, entry]))

    def has_image(
        self, number: int, image_id: str, *tags: str, digests: Sequence[str] = ()
    ) -> None:
        entry = {"Id": image_id, "RepoTags": list(tags), "RepoDigests": list(digests)}
        self.fleet.dispatch(actions.ImagesListed(self.engine(number).key, [entry]))


def result_of(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that does not have to wait."""
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    assert results, "it waits"
    if hasattr(results[0], "raiseException"):
        results[0].raiseException()
    found: T = results[0]
    return found
