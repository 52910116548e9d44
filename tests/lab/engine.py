"""One real dockerd on a machine of its own, and the ways in which it can fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.lab.certificates import Certificate
from tests.lab.http import Api
from tests.lab.machine import Machine, children
from tests.lab.programs import Program
from tests.lab.waiting import eventually

# What it starts with; a list of images calls no name at all so.
_OWN_IMAGE, _NO_NAME = "busybox:latest", "<none>:<none>"
_OWN = {f"image {_OWN_IMAGE}", *(f"network {name}" for name in ("bridge", "host", "none"))}
_CONTAINERS = "/containers/json?all=1"
ANSWER = 20.0  # seconds; who takes longer to say that it is there is of no use


class Engine:
    """A Docker engine that listens on TCP (with TLS if it has a certificate) and a unix socket.

    Attributes:
        address: host:port, a line of a hosts file.
        local: Its API through the unix socket, which works also while the network is cut.
        log: What dockerd wrote.
    """

    def __init__(
        self,
        machine: Machine,
        folder: Path,
        cgroup: str,
        rank: int,
        tls: Certificate | None,
        program: Program | None = None,
    ) -> None:
        """``program`` is another dockerd than this machine's."""
        self.machine = machine
        self.rank = rank
        self.tls = tls
        self.address = f"{machine.ip}:{2375 if tls is None else 2376}"
        self.socket = folder / "docker.sock"
        self.local = Api(f"unix://{self.socket}")
        self.remote = Api(f"tcp://{self.address}", tls)
        self.log = folder / "log"
        self._folder = folder
        self._cgroup = cgroup
        if program is not None:
            machine.lay_over(program.tree)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.machine.name

    def launch(self, *options: str) -> None:
        """Starts dockerd without waiting for it; ``options`` go to it as they are."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        with open(self.log, "ab") as output:
            self._process = self.machine.spawn((*self._command(), *options), output)

    def wait_ready(self, within: float = 60.0) -> None:
        eventually(lambda: self._answers(), within, what=f"{self.name} answers")

    def start(self, *options: str) -> None:
        self.launch(*options)
        self.wait_ready()

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"dockerd ended: {self.log.read_text()[-2000:]}")
        return self.local.call("GET", "/_ping", timeout=10).status == 200

    def _command(self) -> list[str]:
        disk = self.machine.disk
        # A container begins with three new processes of dockerd's own, which then collect less.
        added = {"GOGC": "400", **(self._program.environment if self._program else {})}
        return [
            *("env", *(f"{name}={value}" for name, value in added.items())),
            *("dockerd", "--config-file", str(self._settings())),
            *("--data-root", f"{disk}/data", "--exec-root", f"{disk}/exec"),
            *("--pidfile", f"{disk}/pid", "--cgroup-parent", self._cgroup),
            *("--exec-opt", "native.cgroupdriver=cgroupfs", "--bip", "172.18.0.1/16"),
            *("-H", f"tcp://0.0.0.0:{self.address.split(':')[1]}", "-H", f"unix://{self.socket}"),
            *("--label", f"rank={self.rank}", *self._trust()),
        ]

    def _settings(self) -> Path:
        """Release 20.10 takes its ID from a key file of the machine; later ones keep their own."""
        old = " 20." in self.machine.run("dockerd", "--version")
        # The registries of tests are on the bridge.
        content: dict[str, object] = {"insecure-registries": [f"{self.machine.ip}/24"]}
        if self._program is not None:
            content.update(self._program.settings)
        if old:
            content["deprecated-key-path"] = f"{self.machine.disk}/key.json"
        path = self._folder / "daemon.json"
        path.write_text(json.dumps(content))
        return path

    def _trust(self) -> tuple[str, ...]:
        """Without TLS that has to be said outright, or dockerd waits 15 s with its port open."""
        if self.tls is None:
            return ("--tls=false",)
        files = ("--tlscacert", str(self.tls.ca), "--tlscert", str(self.tls.cert))
        return ("--tlsverify", *files, "--tlskey", str(self.tls.key))

    def load(self, archive: bytes) -> None:
        answer = self.local.call("POST", "/images/load?quiet=1", archive, 60)
        if answer.status != 200 or b"errorDetail" in answer.body:
            raise RuntimeError(f"{self.name}: {answer.body!r}")

    def containers(self) -> list[str]:
        """IDs of all its containers, as it says itself."""
        return [str(item["Id"]) for item in self.local.get(_CONTAINERS)]

    def remove_all(self) -> None:
        """Force-removes every container and prunes what they leave."""
        for container in self.containers():
            self.local.call("DELETE", f"/containers/{container}?force=1&v=1")
        self.local.call("POST", "/networks/prune")
        if self._program is not None:  # since API 1.42 named ones stay unless that is said
            self.local.call("POST", '/volumes/prune?filters={"all":["true"]}')
        self.local.call("POST", "/volumes/prune")

    def remove_images(self) -> None:
        """All but the one that it started with, by their tags, or by ID if they have none."""
        for image in self.local.get("/images/json"):
            names = {*(image["RepoTags"] or [_NO_NAME])}
            refs = {image["Id"]} if names == {_NO_NAME} else names - {_OWN_IMAGE}
            for ref in [*refs, *_nameless(image)]:
                answer = self.local.call("DELETE", f"/images/{ref}?force=1")
                if answer.status not in (200, 404):
                    raise RuntimeError(f"{self.name}: {answer.message}")

    def holds(self) -> frozenset[str]:
        """What it has beside what it started with, or that it is of no use."""
        if not self.running():
            return frozenset({"dockerd does not run"})
        for api in (self.local, self.remote):
            try:
                api.call("GET", "/_ping", timeout=ANSWER)
            except OSError as error:
                return frozenset({f"{api.url}: {error}"})
        found = {f"container {item['Names'] or item['Id']}" for item in self.local.get(_CONTAINERS)}
        found |= {f"network {item['Name']}" for item in self.local.get("/networks")}
        found |= {f"volume {item['Name']}" for item in self.local.get("/volumes")["Volumes"] or ()}
        for item in self.local.get("/images/json"):
            found |= {
                f"image {tag}" for tag in [*(item["RepoTags"] or [item["Id"]]), *_nameless(item)]
            }
        return frozenset(found - _OWN)

    def stop(self) -> None:
        """Ends dockerd as an operator would; its containers end with it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends dockerd as the OOM killer would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(number)
        self._process.wait(60)
        self._process = None

    def freeze(self) -> None:
        """dockerd hangs: its port still accepts, nothing ever answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """``nsenter`` stops and goes on together with its child, which is dockerd."""
        assert self._process is not None
        for pid in (*children(self._process.pid), self._process.pid):
            if number is signal.SIGCONT or pid != self._process.pid:
                os.kill(pid, number)

    def running(self) -> bool:
        return self._process is not None

    def heal(self) -> None:
        """It runs, answers, and its network is there, whatever a test has done to it."""
        self.machine.heal()
        self.machine.empty()
        if self.running():
            self.thaw()
        else:
            self.launch()
        self.wait_ready()

    def close(self) -> None:
        """Ends everything at once; the machine goes with it."""
        self.machine.power_off()
        if self._process is not None:
            self._process.wait(10)


def _nameless(image: dict[str, Any]) -> list[str]:
    """Digests of repositories of which it has no tag, as a pull leaves them that breaks off."""
    tagged = {tag.rpartition(":")[0] for tag in image["RepoTags"] or ()} - {"<none>"}
    digests = image["RepoDigests"] or ()
    return [one for one in digests if tagged and one.partition("@")[0] not in tagged]
