"""What the fake engine has: containers, images, networks, volumes, and the events of them."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

Json = dict[str, Any]

ZERO_TIME = "0001-01-01T00:00:00Z"
RING = 256  # events that a Docker Engine remembers


class Refusal(Exception):
    """An error answer in the words of Docker 20.10."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def stamp(seconds: float) -> str:
    """RFC 3339 as Go writes it; its zero time for 0."""
    if not seconds:
        return ZERO_TIME
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def run(command: list[str]) -> tuple[bytes, int, float | None]:
    """What a busybox command prints, its exit code, and its seconds (None: until it is killed)."""
    match command:
        case ["echo", *words]:
            return " ".join(words).encode() + b"\n", 0, 0.0
        case ["sleep", seconds]:
            return b"", 0, float(seconds)
        case ["sh", "-c", script] if script.startswith("exit "):
            return b"", int(script[5:]), 0.0
        case ["false"]:
            return b"", 1, 0.0
        case ["cat"] | ["top"]:
            return b"", 0, None
    return b"", 0, 0.0


@dataclass(eq=False)
class Container:
    """``config`` is the body of its create."""

    id: str
    name: str
    config: Json
    image_id: str
    created: float
    state: str = "created"
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    output: bytes = b""
    exits: list[Deferred[int]] = field(default_factory=list)
    timer: IDelayedCall | None = None  # until its process ends by itself

    @property
    def running(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def labels(self) -> dict[str, str]:
        return self.config.get("Labels") or {}

    @property
    def command(self) -> list[str]:
        return [*(self.config.get("Entrypoint") or []), *(self.config.get("Cmd") or ["sh"])]


class Machine:
    """One host with its engine's state.

    Attributes:
        offset: Seconds by which its clock is ahead of ours.
        watchers: Who gets each event as it happens.
        ring: The last events.
    """

    def __init__(self, name: str, clock: IReactorTime) -> None:
        self.name = name
        self.clock = clock
        self._made = 0
        self.id = self._hash("engine")
        self.offset = 0.0
        self.version, self.api_min, self.api_max = "20.10.24", "1.12", "1.41"
        self.swarm_manager = False
        self.labels: list[str] = []
        self.containers: dict[str, Container] = {}
        self.images: dict[str, list[str]] = {"sha256:" + self._hash("busybox"): ["busybox:latest"]}
        self.networks: dict[str, Json] = {}
        self.volumes: dict[str, Json] = {}
        self.watchers: list[Callable[[Json], None]] = []
        self.ring: deque[Json] = deque(maxlen=RING)

        self._last_nano = 0
        for network in ("bridge", "host", "none"):
            self._put_network(network, {"Driver": "null" if network == "none" else network})

    # Time and events

    def now(self) -> float:
        return time.time() + self.offset

    def emit(self, kind: str, action: str, actor: str, attributes: dict[str, str]) -> Json:
        nano = max(int(self.now() * 1e9), self._last_nano + 1)
        self._last_nano = nano
        event: Json = {
            "Type": kind,
            "Action": action,
            "Actor": {"ID": actor, "Attributes": attributes},
            "scope": "local",
            "time": nano // 10**9,
            "timeNano": nano,
        }
        if kind in ("container", "image"):
            event |= {"status": action, "id": actor}
        if kind == "container":
            event["from"] = attributes.get("image", "")
        self.ring.append(event)
        for watcher in list(self.watchers):
            watcher(event)
        return event

    def _event(self, container: Container, action: str, **more: str) -> None:
        image = container.config.get("Image", "")
        attributes = {**container.labels, "image": image, "name": container.name, **more}
        self.emit("container", action, container.id, attributes)

    # Containers

    def find(self, ref: str) -> Container:
        ref = ref.removeprefix("/")
        for container in self.containers.values():
            if ref == container.name or (ref and container.id.startswith(ref)):
                return container
        raise Refusal(404, f"No such container: {ref}")

    def create(self, name: str, config: Json) -> Container:
        image = self.find_image(config.get("Image", ""))
        for other in self.containers.values():
            if other.name == name:
                raise Refusal(
                    409,
                    f'Conflict. The container name "/{name}" is already in use by container '
                    f'"{other.id}". You have to remove (or rename) that container to be able to '
                    "reuse that name.",
                )
        made = self._hash("container")
        container = Container(made, name or f"random_{made[:6]}", config, image, self.now())
        self.containers[container.id] = container
        self._event(container, "create")
        return container

    def start(self, container: Container) -> None:
        output, code, seconds = run(container.command)
        container.state, container.started = "running", self.now()
        container.output += output
        self._event(container, "start")
        if seconds is not None:
            container.timer = self.clock.callLater(seconds, self.end, container, code)

    def end(self, container: Container, code: int) -> None:
        """Its process ends."""
        if container.timer is not None and container.timer.active():
            container.timer.cancel()
        container.state, container.finished, container.exit_code = "exited", self.now(), code
        self._event(container, "die", exitCode=str(code))
        exits, container.exits = container.exits, []
        if (container.config.get("HostConfig") or {}).get("AutoRemove"):
            self.remove(container)
        for waiter in exits:
            waiter.callback(code)

    def kill(self, container: Container, signal: str = "SIGKILL") -> None:
        self._event(container, "kill", signal=signal)
        self.end(container, 137)

    def stop(self, container: Container) -> None:
        self.kill(container, "15")
        if container.id in self.containers:
            self._event(container, "stop")

    def pause(self, container: Container, *, pause: bool) -> None:
        container.state = "paused" if pause else "running"
        self._event(container, "pause" if pause else "unpause")

    def rename(self, container: Container, name: str) -> None:
        old, container.name = container.name, name
        self._event(container, "rename", oldName="/" + old)

    def remove(self, container: Container, *, force: bool = False) -> None:
        if container.running and not force:
            raise Refusal(
                409,
                f"You cannot remove a running container {container.id}. Stop the container before "
                "attempting removal or force remove",
            )
        if container.running:
            self.kill(container)
        self.containers.pop(container.id, None)
        self._event(container, "destroy")

    def shut_down(self) -> None:
        """Without a word: it is the power that fails."""
        for container in self.containers.values():
            if container.timer is not None and container.timer.active():
                container.timer.cancel()

    # Images, networks, volumes

    def find_image(self, ref: str) -> str:
        tag = ref if ":" in ref else f"{ref}:latest"
        for image_id, tags in self.images.items():
            if tag in tags or ref == image_id:
                return image_id
        raise Refusal(404, f"No such image: {tag}")

    def add_image(self, tag: str) -> str:
        image_id = "sha256:" + self._hash(tag)
        self.images[image_id] = [tag]
        self.emit("image", "pull", tag, {"name": tag.partition(":")[0]})
        return image_id

    def create_network(self, config: Json) -> Json:
        network = self._put_network(config["Name"], config)
        self.emit("network", "create", network["Id"], _named(network))
        return network

    def _put_network(self, name: str, config: Json) -> Json:
        made = {"Driver": "bridge", "Scope": "local", "Labels": {}, "Containers": {}, **config}
        network = {**made, "Name": name, "Id": self._hash("network")}
        self.networks[network["Id"]] = network
        return network

    def find_network(self, ref: str) -> Json:
        for network in self.networks.values():
            if ref == network["Name"] or network["Id"].startswith(ref):
                return network
        raise Refusal(404, f"network {ref} not found")

    def remove_network(self, network: Json) -> None:
        del self.networks[network["Id"]]
        self.emit("network", "destroy", network["Id"], _named(network))

    def create_volume(self, config: Json) -> Json:
        name = config.get("Name") or self._hash("volume")
        made = {"Driver": "local", "Scope": "local", "Labels": None, "Options": None}
        if name not in self.volumes:
            self.volumes[name] = {**made, **config, "Name": name, "Mountpoint": f"/v/{name}/_data"}
            self.emit("volume", "create", name, {"driver": "local"})
        return self.volumes[name]

    def find_volume(self, name: str) -> Json:
        if name not in self.volumes:
            raise Refusal(404, f"get {name}: no such volume")
        return self.volumes[name]

    def remove_volume(self, name: str) -> None:
        self.find_volume(name)
        del self.volumes[name]
        self.emit("volume", "destroy", name, {"driver": "local"})

    def _hash(self, what: str) -> str:
        self._made += 1
        return hashlib.sha256(f"{self.name} {what} {self._made}".encode()).hexdigest()


def _named(network: Json) -> dict[str, str]:
    return {"name": network["Name"], "type": network["Driver"]}
