"""The same bytes to an engine and through swarmd: it never acts on what an engine does not see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from tests.e2e.conftest import Host
from tests.e2e.raw_requests import Read, Target, doubtful, exchange, hidden, mutated
from tests.lab.http import Api

pytestmark = pytest.mark.fleet

MUTATIONS = 120
# Seconds of silence that are taken for an end, as it shows nowhere else. Where both sides then
# seem to differ they are asked again, and given time.
SHORT, LONG = 2.0, 20.0
SEED = 7


@pytest.fixture
def targets(host: Host, name: str) -> tuple[Target, Target]:
    """An engine's address and swarmd's; the engine has container ``name``."""
    engine = host.fleet["node-1"]
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "Env": ["constraint:node==node-1"]}
    host.api.post(f"/containers/create?name={name}", body)
    assert host.swarmd is not None
    address, _, port = engine.address.partition(":")
    return (address, int(port)), ("127.0.0.1", host.swarmd.port)


def both(targets: tuple[Target, Target], raws: list[tuple[bytes, bytes]]) -> list[list[Read]]:
    """For each pair of bytes how the engine took the first and swarmd the second."""

    def one(pair: tuple[bytes, bytes]) -> list[Read]:
        reads = exchanges(targets, pair, SHORT)
        return reads if alike(*reads) else exchanges(targets, pair, LONG)

    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(one, raws))


def exchanges(
    targets: tuple[Target, Target], pair: tuple[bytes, bytes], patience: float
) -> list[Read]:
    return [exchange(target, raw, patience) for target, raw in zip(targets, pair, strict=True)]


def alike(engine: Read, swarmd: Read) -> bool:
    return len(engine.statuses) == len(swarmd.statuses) or swarmd.refused


def volumes(api: Api) -> set[str]:
    return {str(each["Name"]) for each in api.get("/volumes")["Volumes"] or ()}


def test_what_is_doubtful_is_read_as_an_engine_reads_it_or_refused(
    host: Host, targets: tuple[Target, Target], name: str
) -> None:
    whats = list(doubtful(name, b""))
    raws = [
        tuple(doubtful(name, hidden(f"{side}{number}"))[what] for side in "es")
        for number, what in enumerate(whats)
    ]
    reads = both(targets, raws)  # type: ignore[arg-type]
    made = volumes(host.api)
    for number, (what, (engine, swarmd)) in enumerate(zip(whats, reads, strict=True)):
        # The hidden request was carried out only where the engine carries it out, too.
        assert f"s{number}" not in made or f"e{number}" in made, what
        assert alike(engine, swarmd), f"{what}: {engine.statuses}, {swarmd.statuses}"
    assert {"e0", "s0"} <= made


def test_small_changes_open_no_gap(host: Host, targets: tuple[Target, Target], name: str) -> None:
    raws = [
        (raw.replace(b"xNNN", b"e%03d" % number), raw.replace(b"xNNN", b"s%03d" % number))
        for number, raw in enumerate(islice(mutated(name, hidden("xNNN"), SEED), MUTATIONS))
    ]
    reads = both(targets, raws)
    made = volumes(host.api)
    for number, (engine, swarmd) in enumerate(reads):
        raw = raws[number][1]
        assert f"s{number:03d}" not in made or f"e{number:03d}" in made, raw
        assert alike(engine, swarmd), f"{raw!r}: {engine.statuses}, {swarmd.statuses}"
