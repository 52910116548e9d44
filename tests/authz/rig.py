"""Two scripted engines behind a policy, with things of teams ml and web, and of nobody."""

from __future__ import annotations

from typing import Any

import orjson

from swarmd.api.access.guard import Guard
from swarmd.api.networks import Networks as NetworksNoun
from swarmd.api.routing.resource import Noun
from swarmd.api.tree import make_tree
from swarmd.api.volumes import Volumes as VolumesNoun
from swarmd.authz.policy_parser import parse_policy
from swarmd.cluster import actions
from swarmd.cluster.views.info import FleetIdentity as Manager
from swarmd.core.request.identity import Identity
from swarmd.front.site import DockerSite
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.scoped_fleet import ScopedFleet
from swarmd.manager.moving.follow import Follower
from swarmd.service.authorization import sight
from tests.api.rig import Client
from tests.front.memory import COMMON
from tests.hostile.rig import HostileRig

ML, WEB, FREE = "a1" * 32, "b2" * 32, "c3" * 32
ML_IMAGE, WEB_IMAGE, BUSYBOX = "sha256:" + ML, "sha256:" + WEB, "sha256:" + FREE
ML_NET, WEB_NET, SHARED_NET = "a4" * 32, "b4" * 32, "c4" * 32
HOST_NET, BRIDGE = "e4" * 32, "d4" * 32

POLICY = """
[[identity]]
cn = "root"
roles = ["admin"]

[[identity]]
cn = "alice"
roles = ["ml"]

[[identity]]
cn = "bob"
roles = ["web"]

[[identity]]
ou = "audit"
roles = ["reader"]

[[identity]]
cn = "dave"
roles = ["strict"]

[[identity]]
cn = "erin"
roles = ["free"]

[role.admin]
allow = ["*"]
create = "anything"

[role.ml]
allow = ["*"]
scope = "team=ml"
[role.ml.create]
binds = ["/srv/ml"]
read_only = ["/data"]
ports = ["8000-8999"]
images = ["busybox:*", "registry/ml/**"]
networks = ["shared"]
[role.ml.quota]
memory = "4g"
containers = 3

[role.web]
allow = ["read", "run", "exec", "events"]
scope = "team=web"
[role.web.create]
gpus = true

[role.free]
allow = ["*"]
scope = "team=ml"
create = "anything"

[role.reader]
allow = ["read"]

[role.strict]
allow = ["*"]
"""

ROOT, ALICE, BOB = (Identity(common_name=name) for name in ("root", "alice", "bob"))
DAVE = Identity(common_name="dave")
ERIN = Identity(common_name="erin")
READER = Identity(units=("audit",))
STRANGER = Identity(address="10.9.9.9")


class GuardedRig(HostileRig):
    """Attributes:
    guard: What stands before the tree.
    there: Path, without its version -> what an engine shows of a thing; a status says that it
        does not.
    """

    def __init__(self, policy: str = POLICY) -> None:
        super().__init__()
        for number in (1, 2):
            self.script(number, self._answer)
        manager = Manager("manager", "1")

        def tree(seen: Any) -> Noun:
            root = make_tree(
                seen, manager, self._creator, self.plans, self.supply, OwnImages(), self.clock
            )
            follower = Follower(self.fleet, self._creator, self.local, lambda: "f0110")
            nouns = NetworksNoun(seen, self.networks, self.local, follower)
            root.putChild(b"networks", nouns)
            root.putChild(b"volumes", VolumesNoun(seen, self.volumes))
            self.furnish(root, seen)
            return root

        self._creator = self.creator()

        def scoped(role: Any, strict: bool) -> Any:
            seen = ScopedFleet(self.fleet, sight(role, strict=strict))
            return seen, tree(seen)

        self.guard = Guard(tree(self.fleet), self.fleet, parse_policy(policy), scoped)
        self.site = DockerSite(self.guard, self.clock, lambda: COMMON)
        self.there: dict[str, Any] = {}
        self._fill()

    def furnish(self, root: Noun, seen: Any) -> None:
        """What else is to be in the tree of one who sees so much."""

    def as_(self, who: Identity, method: str, path: str, body: Any = None, *headers: str) -> Client:
        client = Client(self.site)
        client.channel.identity = who
        client.send(method, path, body, *headers)
        if not client.received:
            self.pass_time()
        return client

    def status(self, who: Identity, method: str, path: str, body: Any = None) -> int:
        return self.as_(who, method, path, body).answer()[0]

    def json(self, who: Identity, path: str) -> Any:
        status, body = self.as_(who, "GET", path).answer()
        assert status == 200, body
        return body

    def sent(self, method: str, path: str) -> Any:
        """The decoded body of the newest such request that an engine got."""
        found = [
            body
            for number in (1, 2)
            for line, body in zip(
                self.scripted(number).asked, self.scripted(number).bodies, strict=False
            )
            if line.startswith(f"{method} ") and path in line
        ]
        return orjson.loads(found[-1])

    def _answer(self, method: str, target: str) -> tuple[int, Any]:
        shown = self.there.get(target.partition("/v")[2].partition("/")[2].partition("?")[0])
        if method != "GET" or shown is None:
            return answer(method, target)
        return shown if isinstance(shown, tuple) else (200, shown)

    def show(self, *containers: dict[str, Any], image: str = BUSYBOX) -> None:
        """Engine 1 has these too, as ``inspected`` makes them."""
        key, at = self.engine(1).key, self.clock.seconds()
        items = [listed(one, image) for one in containers]
        about = frozenset(one["Id"] for one in containers)
        self.fleet.dispatch(actions.ContainersListed(key, items, at, self.now, about))
        for one in containers:
            self.there[f"containers/{one['Id']}/json"] = one

    @property
    def changed(self) -> list[str]:
        """What engines were asked but for looking at something."""
        return [line for line in self.asked if not line.startswith("GET")]

    @property
    def asked(self) -> list[str]:
        return [line for n in (1, 2) for line in self.scripted(n).asked]

    def _fill(self) -> None:
        key, at = self.engine(1).key, self.clock.seconds()
        dispatch = self.fleet.dispatch
        items = [
            container(ML, "mine", {"team": "ml"}, ML_IMAGE),
            container(WEB, "theirs", {"team": "web"}, WEB_IMAGE),
            container(FREE, "nobodys", {}, BUSYBOX),
        ]
        dispatch(actions.ContainersListed(key, items, at, self.now))
        images = [
            _image(ML_IMAGE, "mine/app:1", {"team": "ml"}),
            _image(WEB_IMAGE, "theirs/app:1", {"team": "web"}),
            _image(BUSYBOX, "busybox:latest", {}),
        ]
        dispatch(actions.ImagesListed(key, images, at))
        networks = [
            _network(ML_NET, "mine-net", {"team": "ml"}),
            _network(WEB_NET, "theirs-net", {"team": "web"}),
            _network(SHARED_NET, "shared", {}),
            _network(BRIDGE, "bridge", {}),
            _network(HOST_NET, "host", {}),
        ]
        dispatch(actions.NetworksListed(key, networks, at))
        volumes = [
            {"Name": "mine-vol", "Driver": "local", "Scope": "local", "Labels": {"team": "ml"}},
            {"Name": "theirs-vol", "Driver": "local", "Scope": "local", "Labels": {"team": "web"}},
        ]
        dispatch(actions.VolumesListed(key, volumes, (), at))
        for item in items:
            self.there[f"containers/{item['Id']}/json"] = inspected(item["Id"], item["Names"][0])
        for one in volumes:
            self.there[f"volumes/{one['Name']}"] = one


def answer(method: str, target: str) -> tuple[int, Any]:
    if method == "POST" and "/create" in target:
        return 201, {"Id": "f9" * 32, "Name": "made"}
    if method == "POST" and "/exec" in target:
        return 201, {"Id": "e" * 64}
    if method == "GET" and "/volumes/" in target:
        return 404, {"message": "no such volume"}
    return (204, b"") if method in ("POST", "DELETE") else (200, {"Id": "x"})


def container(one: str, name: str, labels: dict[str, str], image: str) -> dict[str, Any]:
    return {
        "Id": one,
        "Names": [f"/{name}"],
        "Image": "i",
        "ImageID": image,
        "Created": 1_700_000_000,
        "State": "running",
        "Status": "Up 1 second",
        "Labels": labels,
    }


def inspected(one: str, name: str, image: str = "busybox", **host: Any) -> dict[str, Any]:
    """As an engine shows one that asked for ``host``, mounts in the form of an inspect."""
    mounts = host.pop("Mounts", [])
    networks = host.pop("Networks", {"bridge": {"NetworkID": BRIDGE}})
    labels = host.pop("Labels", {})
    asked = {
        "NetworkMode": "default",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "CgroupnsMode": "host",
        "IpcMode": "private",
        "Runtime": "runc",
        "MaskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
        "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        **host,
    }
    return {
        "Id": one,
        "Name": name if name.startswith("/") else f"/{name}",
        "State": {"Status": "running"},
        "Config": {"Image": image, "Labels": labels},
        "HostConfig": asked,
        "Mounts": mounts,
        "NetworkSettings": {"Networks": networks},
    }


def listed(shown: dict[str, Any], image: str = BUSYBOX) -> dict[str, Any]:
    """Its item of the container list."""
    item = container(shown["Id"], shown["Name"][1:], shown["Config"]["Labels"], image)
    return {**item, "NetworkSettings": shown["NetworkSettings"]}


def _image(one: str, tag: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"Id": one, "RepoTags": [tag], "Created": 1, "Labels": labels, "ParentId": ""}


def _network(one: str, name: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"Id": one, "Name": name, "Driver": "bridge", "Scope": "local", "Labels": labels}


def create(**host: Any) -> dict[str, Any]:
    return {"Image": "busybox", "HostConfig": {"Memory": 1 << 20, **host}}


def dumps(value: Any) -> bytes:
    return orjson.dumps(value)
