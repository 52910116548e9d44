"""Many creates at one moment on real engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet

pytestmark = pytest.mark.fleet


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def options(state: Path) -> tuple[str, ...]:
    return ("--state-dir", str(state), "--reschedule-grace", "2s")


@pytest.fixture
def swarmd(swarmd_for: Callable[..., Swarmd], options: tuple[str, ...]) -> Swarmd:
    return swarmd_for(options=options)


@pytest.fixture
def docker(swarmd: Swarmd, tmp_path: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, home=tmp_path)


def test_two_hundred_creates_at_once(swarmd: Swarmd, docker: Docker, fleet: Fleet) -> None:
    """One port, ten names, most of the memory: three engines, 200 creates, all at one moment."""
    memory = min(int(engine.local.get("/info")["MemTotal"]) for engine in fleet)

    def create(number: int) -> tuple[int, str]:
        body: dict[str, Any] = {"Image": "busybox", "Cmd": ["sleep", "600"]}
        query, kind = "", number % 4
        if kind == 0:
            query = f"?name=burst-{number // 4 % 10}"
        elif kind == 1:
            body["HostConfig"] = {"PortBindings": {"80/tcp": [{"HostPort": "8095"}]}}
            body["ExposedPorts"] = {"80/tcp": {}}
        elif kind == 2:
            body["HostConfig"] = {"Memory": memory // 4}
        answer = swarmd.api.call("POST", f"/containers/create{query}", body, timeout=120)
        return kind, answer.json["Id"] if answer.status == 201 else ""

    with ThreadPoolExecutor(200) as pool:
        results = list(pool.map(create, range(200)))
    made = Counter(kind for kind, container in results if container)
    assert made[0] == 10 and made[1] == 3 and made[3] == 50
    assert made[2] == 12  # four quarters on each node
    everything = [item for engine in fleet for item in engine.local.get("/containers/json?all=1")]
    assert len(everything) == made.total()
    names = Counter(name for item in everything for name in item["Names"])
    assert max(names.values()) == 1
    for number in range(10):
        docker("rm", f"burst-{number}")
    # Nothing is leaked: what was freed can be had again.
    for number in range(10):
        assert create(4 * number)[1]
