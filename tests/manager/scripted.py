"""A fleet whose engines do what a test says, call by call, with the real state and managers."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.cluster import actions as news
from swarmd.cluster.state import State
from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Engine
from swarmd.core.names import random_name
from swarmd.engine.tracking_context import TrackingContext
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.containers.reconcile import MARK
from swarmd.manager.fleet.event_hub import EventHub
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.networks.local_networks import LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.scheduler.registry import make_policy
from swarmd.streams.link import Answer
from tests.cluster.fleet import NOW, full_id, key_of, spec

MEMORY = 1000  # bytes of an engine, so that examples stay readable


@dataclass(eq=False)
class Call:
    """One request that waits for its answer.

    Attributes:
        engine: Number of the engine.
    """

    engine: int
    method: str
    target: str
    body: Any
    result: Deferred[Answer] = field(default_factory=Deferred)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path.split("/", 2)[2]

    @property
    def takes_name(self) -> bool:
        """A create or a rename."""
        return self.method == "POST" and self.path.endswith(("/create", "/rename"))

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}

    def answer(self, status: int, body: Any = None) -> None:
        encoded = orjson.dumps(body if body is not None else {"message": "no"})
        self.result.callback(Answer(status, [], encoded))

    def break_off(self, *, sent: bool = True) -> None:
        self.result.errback(EngineUnreachable(f"node-{self.engine}", "connection lost", sent=sent))


class ScriptedFleet(Fleet):
    """Engines 1 … size are healthy and empty; ``calls`` are the requests under way.

    Attributes:
        there: What each engine really has: number -> container ID -> its inspect.

    Args:
        beside: Another swarmd's, of the same engines.
    """

    def __init__(self, size: int = 3, beside: ScriptedFleet | None = None) -> None:
        self.clock = beside.clock if beside is not None else Clock()
        state = State(self.clock.seconds)
        hub, no_link = EventHub(state), _no_link

        def now() -> float:
            return NOW + self.clock.seconds()

        context = TrackingContext(
            self.clock, now, lambda: 0.5, state.dispatch, hub.publish, state.engines
        )
        super().__init__(state, hub, context, no_link, now)
        self.calls: list[Call] = []
        self.there: dict[int, dict[str, dict[str, Any]]] = {n: {} for n in range(1, size + 1)}
        # Names of creates and renames that engines are still at, though nobody waits for them.
        self.busy: dict[int, dict[str, Call]] = {n: {} for n in range(1, size + 1)}
        self._ids = count(1)
        if beside is not None:
            self.there, self.busy, self._ids = beside.there, beside.busy, beside._ids
        for number in self.there:
            self.dispatch(news.EngineListed(key_of(number), key_of(number)))
            self.bring_back(number)

    def creator(self, policy: str = "spread", owner: int = 0) -> Creator:
        """``owner``: another one draws other names and Swarm IDs."""
        placer = Placer(self, make_policy(policy), lambda: 0)
        chance = random.Random(owner)
        self.local = local = self.local_resources(placer)
        plans = PullPlans(self.clock.seconds)
        return Creator(
            self,
            placer,
            plans,
            local,
            lambda taken: random_name(chance.choice, taken),
            lambda: f"{chance.getrandbits(256):064x}",
        )

    def local_resources(self, placer: Placer) -> LocalResources:
        networks, volumes = LocalNetworks(self, placer), LocalVolumes(self, placer)
        return LocalResources(self, networks, volumes, Supply(self))

    # What managers use

    def link(self, engine: Engine) -> Any:
        if not engine.healthy or engine.key not in self.state.engines:
            raise EngineUnreachable(engine.name, engine.error)
        return ScriptedLink(self, int(engine.name.partition("-")[2]))

    def tracker(self, engine: Engine) -> Any:
        return _Tracker(self, engine)

    # What tests say

    def make(self, number: int, body: Any, name: str) -> str:
        """The engine makes a container, whoever asked."""
        container_id = full_id(next(self._ids))
        host = body.get("HostConfig") or {}
        self.there[number][container_id] = {
            "Id": container_id,
            "Created": "2023-11-14T21:56:40.25Z",
            "Name": f"/{name}",
            "Image": "sha256:" + "b" * 64,
            "State": {"Status": "created", "Running": False, "StartedAt": "0001-01-01T00:00:00Z"},
            "Config": {"Image": body["Image"], "Labels": body.get("Labels") or {}},
            "HostConfig": host,
            "NetworkSettings": {"Ports": {}, "Networks": {}},
            "Mounts": [],
        }
        return container_id

    def obey(self) -> list[str]:
        """Engines do what they are asked, until nobody asks; what that was, as "POST n start"."""
        done = []
        while self.calls:
            done.append(self.obey_one())
        return done

    def obey_one(self) -> str:
        call = self.calls.pop(0)
        self.act(call)
        return f"{call.method} {call.engine} {call.path.rsplit('/', 1)[-1]}"

    def act(self, call: Call) -> None:
        there, parts = self.there[call.engine], call.path.split("/")
        if is_probe(call) or (call.takes_name and self.holds(call.engine, call.query["name"])):
            self.refuse_name(call)
        elif parts[1] == "create":
            made = self.make(call.engine, call.body, call.query["name"])
            call.answer(201, {"Id": made, "Warnings": []})
        elif (found := self.find(call.engine, parts[1])) is None:
            call.answer(404)
        elif call.method == "GET":
            call.answer(200, [] if parts[-1] == "changes" else found)
        elif call.method == "DELETE":
            del there[found["Id"]]
            call.answer(204)
        else:
            self._change(found, parts[2], call)

    def _change(self, inspect: dict[str, Any], verb: str, call: Call) -> None:
        if verb == "rename":
            inspect["Name"] = "/" + call.query["name"]
        else:
            inspect["State"] = {"Status": "running" if verb == "start" else "exited"}
        call.answer(204)

    def find(self, number: int, ref: str) -> dict[str, Any] | None:
        """What it shows, by ID or name; not what it is still at."""
        there = self.there[number].values()
        return next((one for one in there if ref in (one["Id"], one["Name"][1:])), None)

    def holds(self, number: int, name: str) -> bool:
        """Whether the engine would refuse the name to another."""
        return name in self.busy[number] or self.find(number, name) is not None

    def refuse_name(self, call: Call) -> None:
        """As engines look at names first, and then at security options."""
        if self.holds(call.engine, call.query["name"]):
            call.answer(409, {"message": "Conflict. The container name is already in use"})
        else:
            call.answer(500, {"message": f'invalid --security-opt 1: "{MARK}"'})

    def names(self, number: int) -> dict[str, str]:
        """Name -> state of what the engine really has."""
        there = self.there[number].values()
        return {one["Name"][1:]: one["State"]["Status"] for one in there}

    def listing(self, number: int) -> None:
        """The engine is asked for everything, and answers at once."""
        self.begin_listing(number)()

    def begin_listing(self, number: int) -> Callable[[], None]:
        """The engine is asked for everything; its answer, as of now, arrives with the call."""
        self.clock.advance(1)
        at, key = self.clock.seconds(), key_of(number)
        inspects = copy.deepcopy(list(self.there[number].values()))

        def arrive() -> None:
            entries = [_item(inspect) for inspect in inspects]
            self.dispatch(news.ContainersListed(key, entries, at, self.now()))
            for inspect in inspects:
                self.dispatch(news.ContainerInspected(key, inspect, at))

        return arrive

    def lose(self, number: int) -> None:
        """It does not answer any more; every call to it breaks off."""
        failed = news.EngineFailed(key_of(number), "it is dead", self.now(), fatal=True)
        self.dispatch(failed)
        for call in [call for call in self.calls if call.engine == number]:
            self.calls.remove(call)
            call.break_off()

    def unlist(self, number: int) -> None:
        self.dispatch(news.EngineUnlisted(key_of(number)))

    def bring_back(self, number: int) -> None:
        key = key_of(number)
        known = spec(number, memory=MEMORY)
        self.dispatch(news.EngineValidated(key, known, self.now()))
        self.listing(number)
        self.dispatch(news.EngineAnswered(key, self.now()))

    def healthy_engine(self, number: int) -> bool:
        return self.state.engines[key_of(number)].healthy


def is_probe(call: Call) -> bool:
    """Whether it only asks for a name, and must be refused."""
    host = (call.body or {}).get("HostConfig") or {}
    return MARK in (host.get("SecurityOpt") or ())


class ScriptedLink:
    def __init__(self, fleet: ScriptedFleet, number: int) -> None:
        self._fleet = fleet
        self._number = number

    async def call(self, method: str, target: str, *, body: bytes = b"", **more: Any) -> Answer:
        decoded = orjson.loads(body) if body else None
        ids = self._fleet.state.engines[key_of(self._number)].ids
        call = Call(self._number, method, ids.own_in(target), decoded)
        if (gate := more.get("gate")) is not None and (cause := gate()):
            raise EngineUnreachable(f"node-{self._number}", cause)
        self._fleet.calls.append(call)
        answer = await call.result
        return Answer(answer.status, answer.headers, ids.shown_in(answer.body))


class _Tracker:
    def __init__(self, fleet: ScriptedFleet, engine: Engine) -> None:
        self._fleet = fleet
        self._engine = engine

    async def refresh_list(self, kind: str, timeout: float | None = None) -> None:
        self._engine.stale.discard(kind)
        if kind == "images":
            self._engine.changed_images.clear()

    async def refresh(self, ids: Any, timeout: float | None = None) -> None: ...

    async def refresh_image(self, name: str, timeout: float | None = None) -> None: ...

    async def inspect(self, container_id: str, timeout: float | None = None) -> Any:
        found = self._fleet.find(int(self._engine.name.partition("-")[2]), container_id)
        if found is not None:
            at = self._fleet.clock.seconds()
            self._fleet.dispatch(news.ContainerInspected(self._engine.key, found, at))
        return found


def _no_link(entry: Any) -> Any:
    raise AssertionError("no discovery here")


def _item(inspect: dict[str, Any]) -> dict[str, Any]:
    running = inspect["State"]["Status"] == "running"
    return {
        "Id": inspect["Id"],
        "Names": [inspect["Name"]],
        "Image": inspect["Config"]["Image"],
        "ImageID": inspect["Image"],
        "Command": "sh",
        "Created": int(NOW),
        "Ports": [],
        "Labels": inspect["Config"]["Labels"],
        "State": inspect["State"]["Status"],
        "Status": "Up 5 minutes" if running else "Created",
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {"Networks": {}},
        "Mounts": [],
    }


def binding(host: dict[str, Any]) -> dict[str, str] | None:
    """None for a range, too, of which an engine takes another port."""
    bindings = host.get("PortBindings") or {}
    found: dict[str, str] | None = bindings["9/tcp"][0] if bindings else None
    return None if found is None or "-" in found["HostPort"] else found


def meet(one: dict[str, str], other: dict[str, str]) -> bool:
    """Every address and one of them exclude each other."""
    addresses = {one["HostIp"], other["HostIp"]}
    return one["HostPort"] == other["HostPort"] and (len(addresses) == 1 or "" in addresses)
