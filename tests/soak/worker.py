"""One client: does what the plan says with containers of its own, and believes what it is told."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import random
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import APIError, DockerException

from tests.lab.cli import Docker
from tests.lab.http import Answer, Api, connect
from tests.soak.ledger import Ledger

LIMIT = 80.0  # seconds: a create's 60, the look-up of what became of it, and a slow machine
UNANSWERED = (OSError, http.client.HTTPException)
_UPLOAD = b"POST /images/load HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"


class Worker:
    """Attributes:
    wrong: What must not have happened, in words.
    slowest: Verb -> the longest that it took, in seconds.
    outcomes: (verb, status) -> how often; 0 is no answer.
    """

    def __init__(
        self,
        label: str,
        seed: int,
        url: str,
        command_line: Docker,
        ledger: Ledger,
        *,
        complete: bool = True,
    ) -> None:
        """``label`` is the beginning of all names that it gives.

        Not ``complete`` means that an engine may be off the list, and its containers with it.
        """
        self._complete = complete
        self._label = label
        self._api = Api(url)
        self._docker = command_line
        self._ledger = ledger
        self._chance = random.Random(f"{seed}-{label}")
        self._mine: dict[str, str] = {}  # ID -> name
        self._numbers = 0
        self.wrong: list[str] = []
        self.slowest: dict[str, float] = {}
        self.outcomes: Counter[tuple[str, int]] = Counter()

    def work(self, verbs: tuple[str, ...], over: Callable[[], bool]) -> None:
        """All of them in order, and again until it is ``over``."""
        for count, verb in enumerate(itertools.cycle(verbs)):
            if count >= len(verbs) and over():
                return
            began = time.monotonic()
            try:
                _VERBS[verb](self)
            except TimeoutError:
                self.wrong.append(f"{self._label}: {verb} was not answered within {LIMIT:g} s")
            except (*UNANSWERED, DockerException):
                self.outcomes[verb, 0] += 1
            except subprocess.TimeoutExpired as error:
                self.wrong.append(f"{self._label}: {error}")
            took = time.monotonic() - began
            self.slowest[verb] = max(self.slowest.get(verb, 0.0), took)
            time.sleep(self._chance.uniform(0.0, 0.2))

    # Containers

    def create(self) -> str:
        """The ID; "" if it was refused or nobody answered."""
        name = self._new_name()
        self._ledger.trying(name)
        body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "StopTimeout": 1}
        answer = self._call("create", "POST", f"/containers/create?name={name}", body)
        if answer.status != 201:
            return ""
        container_id = str(answer.json["Id"])
        self._made(container_id, name)
        self._expect_listed(container_id, name)
        return container_id

    def run(self) -> None:
        container_id = self.create()
        if container_id:
            self._call("start", "POST", f"/containers/{container_id}/start")

    def remove(self) -> None:
        container_id = self._any()
        if not container_id:
            return
        self._ledger.removing(container_id)
        del self._mine[container_id]
        answer = self._call("remove", "DELETE", f"/containers/{container_id}?force=1&v=1")
        if answer.status == 204:
            self._ledger.removed(container_id)

    def rename(self) -> None:
        container_id = self._any()
        if not container_id:
            return
        name = self._new_name()
        self._ledger.renaming(container_id, name)
        path = f"/containers/{container_id}/rename?name={name}"
        if self._call("rename", "POST", path).status == 204:
            self._ledger.renamed(container_id, name)
            self._mine[container_id] = name

    def stop(self) -> None:
        self._on_one("stop", "POST", "stop?t=0")

    def start(self) -> None:
        self._on_one("start", "POST", "start")

    def logs(self) -> None:
        self._on_one("logs", "GET", "logs?stdout=1&stderr=1")

    def inspect(self) -> None:
        container_id = self._any()
        answer = self._on_one("inspect", "GET", "json", container_id)
        if answer and answer.status == 200 and answer.json["Id"] != container_id:
            self._say(f"an inspect of {container_id} gave {answer.json['Id']}")
        lost = answer and answer.status == 404 and self._complete
        if lost and self._ledger.holds(container_id):
            self._say(f"{container_id[:12]} was acknowledged, and there is no such container")

    def exec(self) -> None:
        """Through the command line: what is said to have worked has worked."""
        container_id = self._any()
        if not container_id:
            return
        word = f"w{self._chance.randrange(10**9)}"
        done = self._docker("exec", container_id, "echo", word, within=LIMIT, status=None)
        self.outcomes["exec", done.status] += 1
        if done.status == 0 and done.text != word:
            self._say(f"an exec of echo {word} ended well and printed {done.out!r}")

    def wait(self) -> None:
        """A container that runs to its end, with an exit status that must not be made up."""
        name = self._new_name()
        self._ledger.trying(name)
        command = ("run", "--name", name, "busybox", "sh", "-c", "echo out; exit 3")
        done = self._docker(*command, within=LIMIT, status=None)
        self.outcomes["wait", done.status] += 1
        if done.status == 0 or (done.status == 3 and done.out != b"out\n"):
            self._say(f"a run that ends with 3: {done}")

    def attach(self) -> None:
        """And away again, once something may have come back."""
        if container_id := self._any():
            head = f"POST /containers/{container_id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n"
            self._leave(
                head.encode() + b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nx\n"
            )

    # The rest

    def list(self) -> None:
        mine = [one for one in self._mine if self._ledger.holds(one)]
        answer = self._call("list", "GET", "/containers/json?all=1")
        there = {one["Id"] for one in answer.json} if answer.status == 200 else set(mine)
        for missing in set(mine) - there if self._complete else ():
            self._say(f"{self._mine[missing]} ({missing[:12]}) is not listed")

    def info(self) -> None:
        self._call("info", "GET", "/info")

    def events(self) -> None:
        now = time.time()
        self._call("events", "GET", f"/events?since={now - 5:.0f}&until={now:.0f}")

    def volume(self) -> None:
        answer = self._call("volume", "POST", "/volumes/create", {"Name": self._new_name()})
        if answer.status == 201:
            self._call("volume", "DELETE", f"/volumes/{answer.json['Name']}")

    def build(self) -> None:
        """Its context is made up on the way, and its image is like every other one's."""
        answer = self._call("build", "POST", "/build?remote=http%3A%2F%2F127.0.0.1%3A1%2Fx")
        if answer.status == 200 and b"error" not in answer.body:
            self._say(f"a build of nothing: {answer.body!r}")

    def docker_py(self) -> None:
        client = docker.DockerClient(self._api.url, version="1.41", timeout=LIMIT)
        name = self._new_name()
        self._ledger.trying(name)
        try:
            made = client.containers.create("busybox", "true", name=name)
            self._made(str(made.id), name)
            self.outcomes["docker-py", 201] += 1
        except APIError as error:
            self.outcomes["docker-py", error.response.status_code] += 1
        finally:
            client.close()

    def client_leaves(self) -> None:
        """In the middle of an answer that does not end."""
        self._leave(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if container_id := self._any():
            path = b"/containers/%b/logs?follow=1&stdout=1" % container_id.encode()
            self._leave(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
            wait = b"POST /containers/%b/wait HTTP/1.1\r\nHost: localhost\r\n\r\n"
            self._leave(wait % path[12:76])

    def upload_cut_short(self) -> None:
        self._leave(_UPLOAD + bytes(200_000))

    def _leave(self, data: bytes) -> None:
        with connect(self._api.url) as client:
            client.sendall(data)
            client.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                client.recv(100)
            if self._chance.random() < 0.5:
                client.shutdown(socket.SHUT_WR)

    # Shared

    def _new_name(self) -> str:
        self._numbers += 1
        return f"{self._label}-{self._numbers}"

    def _any(self) -> str:
        return self._chance.choice(list(self._mine)) if self._mine else ""

    def _made(self, container_id: str, name: str) -> None:
        self._ledger.made(container_id, name)
        self._mine[container_id] = name

    def _expect_listed(self, container_id: str, name: str) -> None:
        """Read your writes: a new container is in the very next list."""
        answer = self._call("list", "GET", "/containers/json?all=1")
        if answer.status == 200 and container_id.encode() not in answer.body:
            self._say(f"{name} ({container_id[:12]}) was just made, and is not listed")

    def _on_one(self, verb: str, method: str, path: str, container_id: str = "") -> Answer | None:
        container_id = container_id or self._any()
        if not container_id:
            return None
        return self._call(verb, method, f"/containers/{container_id}/{path}")

    def _call(self, verb: str, method: str, path: str, body: Any = None) -> Answer:
        answer = self._api.call(method, path, body, LIMIT)
        self.outcomes[verb, answer.status] += 1
        if answer.status >= 400 and b"internal error" in answer.body:
            self._say(f"{verb}: {answer.body!r}")
        return answer

    def _say(self, what: str) -> None:
        self.wrong.append(f"{self._label}: {what}")


_VERBS: dict[str, Callable[[Worker], object]] = {
    "run": Worker.run,
    "create": Worker.create,
    "remove": Worker.remove,
    "exec": Worker.exec,
    "list": Worker.list,
    "stop": Worker.stop,
    "start": Worker.start,
    "rename": Worker.rename,
    "inspect": Worker.inspect,
    "logs": Worker.logs,
    "wait": Worker.wait,
    "attach": Worker.attach,
    "events": Worker.events,
    "client leaves": Worker.client_leaves,
    "volume": Worker.volume,
    "build": Worker.build,
    "docker-py": Worker.docker_py,
    "upload cut short": Worker.upload_cut_short,
    "info": Worker.info,
}
