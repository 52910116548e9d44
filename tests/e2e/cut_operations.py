"""The operations that take several steps: what they are, where they can be cut, what must hold."""

from __future__ import annotations

from typing import Any

from tests.e2e.cuts import Scene, names_a_node
from tests.lab.http import Answer
from tests.lab.waiting import eventually

HERE = "constraint:node==node-2"


def order(*wishes: str, **more: Any) -> dict[str, Any]:
    """A container that ends at once if it must."""
    body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "StopSignal": "SIGKILL"}
    return {**body, "Env": list(wishes), **more}


class Operation:
    """Attributes:
    calls: What engines are asked for it, in order.
    sure: All engines, and swarmd, outlive what happens, so that swarmd can learn what was done.
    """

    calls: tuple[str, ...] = ()

    def __init__(self, scene: Scene, name: str, *, sure: bool) -> None:
        self.scene = scene
        self.name = name
        self.sure = sure
        self.prepare()

    def prepare(self) -> None: ...

    def do(self) -> Answer | None:
        raise NotImplementedError

    def meanwhile(self) -> None:
        """What an impatient client does while the engine is in trouble."""

    def check(self, answer: Answer | None) -> None:
        """After the trouble: what was acknowledged holds, and it can be done (again)."""

    def create(self, name: str, *wishes: str, **more: Any) -> str:
        path = f"/containers/create?name={name}"
        return str(self.scene.ask("POST", path, order(*wishes, **more))["Id"])

    def run(self, name: str, *wishes: str, **more: Any) -> str:
        made = self.create(name, *wishes, **more)
        self.scene.ask("POST", f"/containers/{made}/start")
        return made


class Create(Operation):
    """On two networks, with a port that is its node's alone."""

    calls = ("POST /containers/create", "POST /networks/[^/]+-b/connect")

    def prepare(self) -> None:
        self.nets = [f"{self.name}-a", f"{self.name}-b"]
        for net in self.nets:
            self.scene.ask("POST", "/networks/create", {"Name": f"node-2/{net}"})

    def do(self) -> Answer | None:
        return self.scene.call("POST", f"/containers/create?name={self.name}", self._body())

    def _body(self) -> dict[str, Any]:
        ports = {"80/tcp": [{"HostPort": "8123"}]}
        host = {"NetworkMode": self.nets[0], "PortBindings": ports}
        endpoints: dict[str, Any] = {net: {} for net in self.nets}
        return order(HERE, HostConfig=host, NetworkingConfig={"EndpointsConfig": endpoints})

    def meanwhile(self) -> None:
        self.scene.call("POST", f"/containers/create?name={self.name}", order())

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        made = self.scene.named(self.name)
        if answer is not None and answer.status == 201:
            assert made == [answer.json["Id"]]
            shown = self.scene.ask("GET", f"/containers/{self.name}/json")
            assert sorted(shown["NetworkSettings"]["Networks"]) == self.nets
        if made:
            again = self.scene.call("POST", f"/containers/create?name={self.name}", order())
            assert again is not None and again.status == 409, again
            self.scene.ask("DELETE", f"/containers/{self.name}?force=1")
        again = self.do()
        assert again is not None and again.status == 201, again
        self.scene.ask("POST", f"/containers/{self.name}/start")


class CreateAnywhere(Operation):
    """Another node would do as well, so it must not be made there, too."""

    calls = ("POST /containers/create",)

    def do(self) -> Answer | None:
        return self.scene.call("POST", f"/containers/create?name={self.name}", order())

    def meanwhile(self) -> None:
        self.do()

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        if answer is not None and answer.status == 201:
            assert self.scene.named(self.name) == [answer.json["Id"]]
        self.do()
        assert len(self.scene.named(self.name)) == 1


class Start(Operation):
    calls = ("POST /containers/[0-9a-f]+/start",)

    def prepare(self) -> None:
        self.id = self.create(self.name, HERE)

    def do(self) -> Answer | None:
        return self.scene.call("POST", f"/containers/{self.id}/start")

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        again = self.do()
        assert again is not None
        if not self.sure and b": already exists" in again.body:
            return  # killed in the middle, the engine itself does not know of the process
        assert again.status in (204, 304), again
        assert self.scene.ask("GET", f"/containers/{self.id}/json")["State"]["Running"]


class Rename(Operation):
    calls = ("POST /containers/[0-9a-f]+/rename",)

    def prepare(self) -> None:
        self.id = self.create(self.name, HERE)

    @property
    def new(self) -> str:
        return f"{self.name}-new"

    def do(self) -> Answer | None:
        return self.scene.call("POST", f"/containers/{self.id}/rename?name={self.new}")

    def meanwhile(self) -> None:
        """The engine may yet give that name."""
        self.scene.call("POST", f"/containers/create?name={self.new}", order())

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        here = [name for name in (self.name, self.new) if self.id in self.scene.named(name)]
        assert len(here) == 1
        if answer is not None and answer.status == 204:
            assert here == [self.new]
        for name in (self.name, self.new):
            made = self.scene.call("POST", f"/containers/create?name={name}", order())
            assert made is not None
            assert made.status == (201 if len(self.scene.named(name)) == 0 else made.status)
            assert made.status in (201, 409), made
            assert len(self.scene.named(name)) == 1


class Remove(Operation):
    calls = ("DELETE /containers/",)

    def prepare(self) -> None:
        self.id = self.run(self.name, HERE)

    def do(self) -> Answer | None:
        return self.scene.call("DELETE", f"/containers/{self.id}?force=1&v=1")

    def meanwhile(self) -> None:
        self.scene.call("POST", f"/containers/create?name={self.name}", order())

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer

        def gone() -> bool:  # while the engine is at it, it refuses another removal
            again = self.do()
            return again is not None and again.status in (204, 404)

        eventually(gone)
        self.scene.call("DELETE", f"/containers/{self.name}?force=1")
        self.create(self.name, HERE)


class NetworkFollows(Operation):
    """A network that is nobody's goes where its first container must be."""

    calls = (
        "GET /networks/[0-9a-f]+",
        "POST /networks/create",
        "DELETE /networks/",
        "POST /containers/create",
    )

    def prepare(self) -> None:
        self.id = str(self.scene.ask("POST", "/networks/create", {"Name": self.name})["Id"])
        eventually(lambda: self.name in _names(self.scene.ask("GET", "/networks")))
        node = self._nodes()[0]
        self.to = next(engine.name for engine in self.scene.fleet if engine.name != node)

    def _nodes(self) -> list[str]:
        return [e.name for e in self.scene.fleet if self.name in _names(e.local.get("/networks"))]

    def do(self) -> Answer | None:
        body = order(f"constraint:node=={self.to}", HostConfig={"NetworkMode": self.name})
        return self.scene.call("POST", f"/containers/create?name={self.name}", body)

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer

        def listed() -> bool:
            shown = [one for one in self.scene.ask("GET", "/networks") if one["Name"] == self.name]
            return [one["Id"] for one in shown] == [self.id]

        eventually(listed, what="the network is there, once, under its ID")
        self.scene.call("DELETE", f"/containers/{self.name}")
        again = self.do()
        assert again is not None and again.status == 201, again
        eventually(lambda: self.to in self._nodes())
        self.scene.ask("POST", f"/containers/{self.name}/start")
        self.scene.ask("DELETE", f"/containers/{self.name}?force=1")
        self.scene.ask("DELETE", f"/networks/{self.id}")
        assert self._nodes() == []


class VolumeMoves(Operation):
    """So does a volume that was never mounted."""

    calls = ("POST /volumes/create", "DELETE /volumes/", "POST /containers/create")

    def prepare(self) -> None:
        self.scene.ask("POST", "/volumes/create", {"Name": self.name, "Labels": {"a": "b"}})
        eventually(lambda: self.name in _names(self.scene.ask("GET", "/volumes")["Volumes"]))
        node = self._nodes()[0]
        self.to = next(engine.name for engine in self.scene.fleet if engine.name != node)

    def _nodes(self) -> list[str]:
        volumes = {e.name: e.local.get("/volumes")["Volumes"] or [] for e in self.scene.fleet}
        return [node for node, those in volumes.items() if self.name in _names(those)]

    def do(self) -> Answer | None:
        body = order(f"constraint:node=={self.to}", HostConfig={"Binds": [f"{self.name}:/data"]})
        return self.scene.call("POST", f"/containers/create?name={self.name}", body)

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        eventually(lambda: self._nodes() != [], what="the volume is there")
        if self.sure:
            assert len(self._nodes()) == 1
        self.scene.call("DELETE", f"/containers/{self.name}?force=1")
        for node in self._nodes()[1:]:
            self.scene.ask("DELETE", f"/volumes/{node}/{self.name}")
        shown = self.scene.ask("GET", f"/volumes/{self.name}")
        assert shown["Labels"] == {"a": "b"}
        made = self.scene.call("POST", f"/containers/create?name={self.name}", order(
            HostConfig={"Binds": [f"{self.name}:/data"]}))  # fmt: skip
        assert made is not None and made.status in (201, 409), made
        self.scene.ask("DELETE", f"/containers/{self.name}?force=1")
        self.scene.ask("DELETE", f"/volumes/{self.name}")
        assert self._nodes() == []


def _names(items: list[dict[str, Any]]) -> list[str]:
    return [str(item["Name"]) for item in items]


class Drain(Operation):
    """The container of node-2 is made again elsewhere."""

    calls = (
        "POST /containers/[0-9a-f]+/rename",
        "POST /containers/create",
        "POST /networks/[^/]+-b/connect",
        "POST /containers/[0-9a-f]+/stop",
        "POST /containers/[0-9a-f]+/start",
        "DELETE /containers/",
    )

    def prepare(self) -> None:
        nets = [f"{self.name}-a", f"{self.name}-b"]
        for net in nets:
            self.scene.ask("POST", "/networks/create", {"Name": f"node-2/{net}"})
        endpoints: dict[str, Any] = {net: {} for net in nets}
        more = {"NetworkingConfig": {"EndpointsConfig": endpoints}}
        host = {"NetworkMode": nets[0]}
        self.id = self.run(self.name, "constraint:node==~node-2", HostConfig=host, **more)

    def do(self) -> Answer | None:
        return self.scene.call("POST", "/swarmd/nodes/node-2/drain")

    def check(self, answer: Answer | None) -> None:
        self.scene.call("POST", "/swarmd/nodes/node-2/uncordon")
        (there,) = self.scene.named(self.name)
        shown = self.scene.ask("GET", f"/containers/{there}/json")
        assert len(shown["NetworkSettings"]["Networks"]) == 2, shown["NetworkSettings"]
        # Where an engine was killed, it took its containers with it.
        self.scene.call("POST", f"/containers/{there}/start")
        again = self.scene.call("POST", "/swarmd/nodes/node-2/drain")
        assert again is not None and b'"Failed":0' in again.body, again
        (there,) = self.scene.named(self.name)
        assert self.scene.ask("GET", f"/containers/{there}/json")["Node"]["Name"] != "node-2"


class Reschedule(Operation):
    """node-2 is lost, and its container is made again elsewhere."""

    calls = ("POST /containers/create", "POST /containers/[0-9a-f]+/start")

    def prepare(self) -> None:
        self.id = self.run(self.name, "constraint:node==~node-2", "reschedule:on-node-failure")
        self.scene.ask("GET", "/containers/json")
        path = "/swarmd/nodes/node-2"
        eventually(lambda: self.name in self.scene.ask("GET", path)["Reschedulable"])

    def do(self) -> Answer | None:
        self.scene.fleet["node-2"].kill()
        return None

    def meanwhile(self) -> None:
        """Nobody asks; where swarmd can, it brings that to its end before the node is back."""
        if self.sure:
            eventually(self._runs_elsewhere, what="it runs elsewhere")

    def _runs_elsewhere(self) -> bool:
        shown = self.scene.ask("GET", f"/containers/{self.name}/json")
        return bool(shown["State"]["Running"] and shown["Id"] != self.id)

    def check(self, answer: Answer | None) -> None:
        (there,) = self.scene.named(self.name)
        if self.sure:
            assert there != self.id
        self.scene.call("POST", f"/containers/{there}/start")
        assert self.scene.ask("GET", f"/containers/{self.name}/json")["Id"] == there


OPERATIONS: dict[str, type[Operation]] = {
    "create": Create,
    "create anywhere": CreateAnywhere,
    "start": Start,
    "rename": Rename,
    "rm -f": Remove,
    "network follows": NetworkFollows,
    "volume moves": VolumeMoves,
    "drain": Drain,
    "reschedule": Reschedule,
}
