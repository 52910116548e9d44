"""Three swarmds over real engines and a real etcd: engines have in the end what one would give."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Answer
from tests.lab.stores import StoreMember, etcd_members, started
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet
TTL = 5
ALL = "/containers/json?all=1"
NAMES = [f"claimed-{n}" for n in range(8)]
PORTS = ["18080", "18081"]
LONGEST = 15.0  # seconds for one request, of which a frozen swarmd answers none


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreMember]:
    (member,) = started(etcd_members(tmp_path_factory.mktemp("etcd")))
    yield member
    member.stop()


@pytest.fixture(scope="module")
def swarmds(
    fleet: Fleet, store: StoreMember, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Swarmd]]:
    folder = tmp_path_factory.mktemp("three")
    options = ("--store", f"etcd://{store.place}/claims", "--store-ttl", f"{TTL}s")
    three = [Swarmd(folder / each, fleet, options=options) for each in "abc"]
    try:
        for swarmd in three:
            swarmd.start(len(fleet.engines))
        eventually(lambda: all(ready(each) for each in three))
        yield three
    finally:
        for swarmd in three:
            swarmd.close()


@pytest.fixture(autouse=True)
def emptied(fleet: Fleet, swarmds: list[Swarmd]) -> Iterator[None]:
    yield
    fleet.remove_all()
    eventually(lambda: all(each.api.get(ALL) == [] for each in swarmds))


def ready(swarmd: Swarmd) -> bool:
    return bool(swarmd.api.call("GET", "/readyz").status == 200)


def managers(swarmd: Swarmd) -> list[str]:
    """Addresses of those whose sessions stand."""
    return [one["Address"] for one in swarmd.api.get("/swarmd/managers")]


def really(fleet: Fleet) -> list[dict[str, Any]]:
    """What engines have, asked themselves."""
    return [
        engine.local.get(f"/containers/{one['Id']}/json")
        for engine in fleet.engines
        for one in engine.local.get(ALL)
    ]


def check(fleet: Fleet) -> Counter[str]:
    """No name twice, no port and no memory beyond what is there; how often which name."""
    names: Counter[str] = Counter()
    for engine in fleet.engines:
        there = [engine.local.get(f"/containers/{one['Id']}/json") for one in engine.local.get(ALL)]
        names.update(one["Name"] for one in there)
        hosts = [one["HostConfig"] for one in there]
        ports = [
            bound["HostPort"]
            for host in hosts
            for bindings in (host.get("PortBindings") or {}).values()
            for bound in bindings
        ]
        assert len(ports) == len(set(ports)), ports
        memory = sum(host["Memory"] for host in hosts)
        assert memory <= engine.local.get("/info")["MemTotal"], memory
    assert all(times == 1 for times in names.values()), names
    return names


def body(memory: int = 0, port: str = "") -> dict[str, Any]:
    host: dict[str, Any] = {"Memory": memory}
    if port:
        host["PortBindings"] = {"80/tcp": [{"HostPort": port}]}
    return {"Image": "busybox", "Cmd": ["true"], "HostConfig": host}


class Round:
    """Seeded work of several clients at random swarmds, and what they were told.

    Attributes:
        made: IDs of acknowledged creates; ``removed``: of those that somebody wanted gone.
        plain: Of those that ask for nothing. Only they are renamed: what takes over the name of one
            takes over its place, too.
    """

    def __init__(self, fleet: Fleet, swarmds: list[Swarmd], seed: int) -> None:
        self.memory = fleet.engines[0].local.get("/info")["MemTotal"] * 2 // 5
        self.swarmds = swarmds
        self.made: set[str] = set()
        self.removed: set[str] = set()
        self.plain: set[str] = set()
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._seed = seed
        self._lock = threading.Lock()

    def run(self, clients: int, operations: int) -> None:
        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(self._client, n, operations) for n in range(clients)]:
                done.result()

    def _client(self, number: int, operations: int) -> None:
        chance = random.Random(f"{self._seed} {number}")
        for _ in range(operations):
            work = chance.choice((self.create, self.create, self.create, self.rename, self.remove))
            work(chance, chance.choice(self.swarmds))

    def ask(self, swarmd: Swarmd, method: str, path: str, said: Any = None) -> Answer | None:
        """None if nobody knows what became of it."""
        try:
            answer = swarmd.api.call(method, path, said, timeout=LONGEST)
        except OSError:
            answer = None
        verb = path.partition("?")[0].rpartition("/")[2] if method == "POST" else method
        with self._lock:
            self.statuses[verb, answer.status if answer is not None else 0] += 1
        return answer

    def create(self, chance: random.Random, swarmd: Swarmd) -> None:
        memory, port = chance.choice((0, self.memory)), chance.choice(("", *PORTS))
        name = chance.choice(NAMES)
        made = self.ask(swarmd, "POST", f"/containers/create?name={name}", body(memory, port))
        if made is not None and made.status == 201:
            with self._lock:
                self.made.add(made.json["Id"])
                if not (memory or port):
                    self.plain.add(made.json["Id"])

    def rename(self, chance: random.Random, swarmd: Swarmd) -> None:
        if one := self._one(chance, self.plain):
            name = chance.choice(NAMES)
            self.ask(swarmd, "POST", f"/containers/{one}/rename?name={name}")

    def remove(self, chance: random.Random, swarmd: Swarmd) -> None:
        if one := self._one(chance, self.made):
            with self._lock:
                self.removed.add(one)
            self.ask(swarmd, "DELETE", f"/containers/{one}?force=1")

    def _one(self, chance: random.Random, among: set[str]) -> str:
        with self._lock:
            there = sorted(among - self.removed)
        return chance.choice(there) if there else ""

    def judge(self, fleet: Fleet) -> None:
        """Every acknowledged create is there exactly once, unless it was to go."""
        check(fleet)
        there = Counter(one["Id"] for one in really(fleet))
        assert all(there[one] == 1 for one in self.made - self.removed)
        created = self.statuses["create", 201]
        assert created and self.statuses["create", 409], self.statuses


def test_a_name_asked_of_three_at_once_is_given_once(fleet: Fleet, swarmds: list[Swarmd]) -> None:
    def create(number: int) -> int:
        path = f"/containers/create?name=wanted-{number // 3}"
        return int(swarmds[number % 3].api.call("POST", path, body()).status)

    with ThreadPoolExecutor(9) as pool:
        statuses = Counter(pool.map(create, range(30)))
    assert statuses == {201: 10, 409: 20}
    assert len(check(fleet)) == 10


def test_what_is_made_at_one_is_there_at_the_next(fleet: Fleet, swarmds: list[Swarmd]) -> None:
    """Create at one, start at another, remove at the third: by ID and by name, without a pause."""
    for number in range(10):
        one, other, third = (swarmds[(number + n) % 3] for n in range(3))
        name = f"moving-{number}"
        made = one.api.post(f"/containers/create?name={name}", body())["Id"]
        started = other.api.call("POST", f"/containers/{made if number % 2 else name}/start")
        assert started.status == 204, started.json
        gone = third.api.call("DELETE", f"/containers/{name if number % 2 else made}?force=1")
        assert gone.status == 204, gone.json
        again = other.api.post(f"/containers/create?name={name}", body())["Id"]
        assert third.api.call("DELETE", f"/containers/{again}").status == 204
    assert not check(fleet)


def test_a_network_and_a_volume_are_there_at_the_next(fleet: Fleet, swarmds: list[Swarmd]) -> None:
    one, other, third = swarmds
    for number in range(3):
        net, data = f"claimed-net-{number}", f"claimed-data-{number}"
        made = one.api.post("/networks/create", {"Name": net})["Id"]
        assert other.api.get(f"/networks/{net}")["Id"] == made
        assert other.api.call("POST", "/networks/create", {"Name": net}).status == 409
        with ThreadPoolExecutor(3) as pool:
            volumes = [
                pool.submit(each.api.call, "POST", "/volumes/create", {"Name": data})
                for each in swarmds
            ]
        assert [each.result().status for each in volumes] == [201] * 3
        held = [e for e in fleet.engines if e.local.call("GET", f"/volumes/{data}").status == 200]
        assert len(held) == 1
        assert third.api.call("DELETE", f"/networks/{made}").status == 204
        assert other.api.call("DELETE", f"/volumes/{data}").status == 204


def test_a_round_of_work_while_one_is_killed_and_one_is_frozen(
    fleet: Fleet, swarmds: list[Swarmd]
) -> None:
    """The frozen one has lost its session when it goes on, and has requests under way."""
    work = Round(fleet, swarmds, 7)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work.run, 6, 12)
        first, second, third = swarmds
        eventually(lambda: work.statuses.total() > 10)
        os.kill(third.pid, signal.SIGSTOP)
        eventually(lambda: work.statuses.total() > 16)
        second.kill()
        second.start(len(fleet.engines))
        eventually(lambda: ready(second), within=20)
        eventually(lambda: third.url not in managers(first), within=20)
        os.kill(third.pid, signal.SIGCONT)
        running.result()
    eventually(lambda: all(ready(each) for each in swarmds), within=20)
    work.judge(fleet)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_long_rounds_of_work(fleet: Fleet, swarmds: list[Swarmd], seed: int) -> None:
    """Two thousand operations each, while swarmds are killed and frozen again and again."""
    work, chance = Round(fleet, swarmds, seed), random.Random(seed)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work.run, 8, 250)
        while not running.done():
            before, victim = work.statuses.total(), chance.choice(swarmds)
            harm(victim, chance, len(fleet.engines))
            eventually(lambda: running.done() or work.statuses.total() > before + 30, within=120)  # noqa: B023
            check(fleet)
        running.result()
    eventually(lambda: all(ready(each) for each in swarmds), within=30)
    work.judge(fleet)


def harm(victim: Swarmd, chance: random.Random, engines: int) -> None:
    if chance.random() < 0.5:
        victim.kill()
        victim.start(engines)
    else:
        os.kill(victim.pid, signal.SIGSTOP)
        threading.Event().wait(TTL * 2)
        os.kill(victim.pid, signal.SIGCONT)
    eventually(lambda: ready(victim), within=30)


def test_without_the_store_a_create_is_refused_and_all_else_goes_on(
    fleet: Fleet, swarmds: list[Swarmd], store: StoreMember, tmp_path: Path
) -> None:
    one, other, _ = swarmds
    made = one.api.post("/containers/create?name=before", body())["Id"]
    store.stop()
    try:
        refused = other.api.call("POST", "/containers/create?name=after", body())
        assert refused.status == 503 and store.place in refused.json["message"], refused.json
        assert other.api.call("POST", f"/containers/{made}/start").status == 204
        assert other.api.call("DELETE", f"/containers/{made}?force=1").status == 204
        assert other.api.get(ALL) == []
    finally:
        store.start()
    eventually(lambda: all(ready(each) for each in swarmds), within=30)
    again = other.api.call("POST", "/containers/create?name=after", body())
    assert again.status == 201, again.json
    check(fleet)
