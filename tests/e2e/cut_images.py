"""Operations on images, and a whole ``docker run``, that can be cut at each of their calls."""

from __future__ import annotations

import json
import os
import subprocess
from urllib.parse import quote

from tests.e2e.cut_operations import HERE, Operation, order
from tests.e2e.cuts import names_a_node
from tests.e2e.trouble import context
from tests.lab.http import Answer
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually


class _Image(Operation):
    @property
    def ref(self) -> str:
        return f"{self.name}:latest"

    def holders(self) -> list[str]:
        path = f"/images/{self.ref}/json"
        return [e.name for e in self.scene.fleet if e.local.call("GET", path).status == 200]

    def check(self, answer: Answer | None) -> None:
        """What is said of nodes is true; another try brings it to all."""
        if answer is not None and answer.status == 200 and b'"error"' not in answer.body:
            assert len(self.holders()) == 3, answer
        if answer is not None and b'"error"' in answer.body:
            assert b"node-" in answer.body, answer
        again = self.do()
        assert again is not None and b" 3 of 3 nodes" in again.body, again
        assert len(self.holders()) == 3


class Load(_Image):
    calls = ("POST /images/load",)

    def do(self) -> Answer | None:
        return self.scene.call("POST", "/images/load", busybox_archive(self.ref))


class Pull(_Image):
    calls = ("POST /images/create",)

    @property
    def ref(self) -> str:
        return self.scene.pulled

    def prepare(self) -> None:
        for engine in self.scene.fleet:
            engine.local.call("DELETE", f"/images/{self.ref}?force=1")
        eventually(lambda: self.ref not in str(self.scene.ask("GET", "/images/json")))

    def do(self) -> Answer | None:
        return self.scene.call("POST", f"/images/create?fromImage={quote(self.ref, safe='')}")


class Build(_Image):
    """By the legacy builder, on one node."""

    calls = ("POST /build",)

    def do(self) -> Answer | None:
        dockerfile = f"FROM busybox\nLABEL made={self.name}\nRUN true\n"
        return self.scene.call("POST", f"/build?t={self.ref}", context(dockerfile.encode()))

    def check(self, answer: Answer | None) -> None:
        if answer is not None and (answer.status >= 400 or b'"error"' in answer.body):
            assert b"node-" in answer.body, answer
        again = self.do()
        assert again is not None and b"Successfully tagged" in again.body, again
        assert self.holders() != []


class BuildKit(_Image):
    """By the command line: a session beside the build."""

    calls = ("POST /session", "POST /build")

    def do(self) -> Answer | None:
        dockerfile = f"FROM busybox\nLABEL made={self.name}\n"
        command = ["/usr/bin/docker", "-H", self.scene.swarmd.url, "build", "-t", self.ref, "-"]
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_BUILDKIT": "1"}
        done = subprocess.run(
            command,
            input=dockerfile.encode(),
            capture_output=True,
            timeout=120,
            env=env,
            check=False,
        )
        return Answer(done.returncode, {}, json.dumps({"message": done.stderr.decode()}).encode())

    def check(self, answer: Answer | None) -> None:
        assert answer is not None
        if answer.status == 0:
            assert self.holders() != []
        again = self.do()
        assert again is not None and again.status == 0, again
        assert self.holders() != []


class Copy(_Image):
    """From the one engine that has it to the one where its container must be."""

    calls = ("GET /images/get", "POST /images/load", "POST /containers/create")

    def prepare(self) -> None:
        self.scene.fleet["node-1"].load(busybox_archive(self.ref))
        eventually(lambda: self.ref in str(self.scene.ask("GET", "/images/json")))

    def do(self) -> Answer | None:
        body = order(HERE, Image=self.ref)
        return self.scene.call("POST", f"/containers/create?name={self.name}", body)

    def check(self, answer: Answer | None) -> None:
        assert names_a_node(answer), answer
        if answer is not None and answer.status == 201:
            assert self.scene.named(self.name) == [answer.json["Id"]]
        self.scene.call("DELETE", f"/containers/{self.name}")
        again = self.do()
        assert again is not None and again.status == 201, again
        assert self.holders() == ["node-1", "node-2"]


# The node, or what the command line says in its place when an attach fails.
_CAUSES = ("node-2", "unable to upgrade to tcp", "connection reset by peer")


class DockerRun(Operation):
    """By the command line, in the foreground."""

    calls = (
        "POST /containers/create",
        "POST /containers/[0-9a-f]+/attach",
        "POST /containers/[0-9a-f]+/start",
    )

    def do(self) -> Answer | None:
        """Its status is 0 or another; its error stands in ``message``."""
        words = ("run", "--name", self.name, "-e", HERE, "busybox", "echo", "hello")
        command = ["/usr/bin/docker", "-H", self.scene.swarmd.url, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        body = json.dumps({"message": done.stderr, "out": done.stdout})
        return Answer(done.returncode, {}, body.encode())

    def check(self, answer: Answer | None) -> None:
        assert answer is not None
        if answer.status == 0:
            assert answer.json["out"] == "hello\n"
        elif self.sure:
            assert any(words in answer.message for words in _CAUSES), answer
        self.scene.call("DELETE", f"/containers/{self.name}?force=1")
        again = self.do()
        assert again is not None and again.json["out"] == "hello\n", again


OPERATIONS: dict[str, type[Operation]] = {
    "load": Load,
    "pull": Pull,
    "build": Build,
    "buildkit": BuildKit,
    "image copy": Copy,
    "docker run": DockerRun,
}
