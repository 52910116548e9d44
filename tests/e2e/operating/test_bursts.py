"""Many creates at one moment on real engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet

pytestmark = pytest.mark.fleet


def _gpus(engine: Engine) -> Iterator[str]:
    """The devices that its containers were given."""
    for container in engine.containers():
        host = engine.local.get(f"/containers/{container}/json")["HostConfig"]
        for request in host["DeviceRequests"] or ():
            yield from request["DeviceIDs"]


def test_two_hundred_creates_at_once(swarmd: Swarmd, docker: Docker, fleet: Fleet) -> None:
    """One port, ten names, most of the memory, two GPUs a node: 200 creates, all at one moment."""
    for engine in fleet:
        gpus = {"Add": {"resource.gpu": "0,1"}, "Remove": []}
        swarmd.api.post(f"/swarmd/nodes/{engine.name}/labels", gpus)
    memory = min(int(engine.local.get("/info")["MemTotal"]) for engine in fleet)

    def create(number: int) -> tuple[int, str]:
        body: dict[str, Any] = {"Image": "busybox", "Cmd": ["sleep", "600"]}
        query, kind = "", number % 5
        if kind == 0:
            query = f"?name=burst-{number // 5 % 10}"
        elif kind == 1:
            body["HostConfig"] = {"PortBindings": {"80/tcp": [{"HostPort": "8095"}]}}
            body["ExposedPorts"] = {"80/tcp": {}}
        elif kind == 2:
            body["HostConfig"] = {"Memory": memory // 4}
        elif kind == 3:
            request = {"Count": 1, "Capabilities": [["gpu"]]}
            body["HostConfig"] = {"DeviceRequests": [request]}
        answer = swarmd.api.call("POST", f"/containers/create{query}", body, timeout=120)
        return kind, answer.json["Id"] if answer.status == 201 else ""

    with ThreadPoolExecutor(200) as pool:
        results = list(pool.map(create, range(200)))
    made = Counter(kind for kind, container in results if container)
    assert made[0] == 10 and made[1] == 3 and made[4] == 40
    assert made[2] == 12  # four quarters on each node
    assert made[3] == 6  # two GPUs on each node
    for engine in fleet:
        assert sorted(_gpus(engine)) == ["0", "1"]
    everything = [item for engine in fleet for item in engine.local.get("/containers/json?all=1")]
    assert len(everything) == made.total()
    names = Counter(name for item in everything for name in item["Names"])
    assert max(names.values()) == 1
    for number in range(10):
        docker("rm", f"burst-{number}")
    # Nothing is leaked: what was freed can be had again.
    for number in range(10):
        assert create(5 * number)[1]
