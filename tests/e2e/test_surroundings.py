"""What swarmd itself stands on: its clock, its name server, its disk, its hosts file."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.operating.commands import on, operate
from tests.e2e.trouble import everyone_else_is_quick
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.machine import call
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

# A name server that hears everything, and says nothing; each run of tests has one.
DEAD = f"127.53.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
_FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


# The clock. Engines, being Go, cannot be lied to. To be an hour apart it is enough to lie to
# swarmd, and to ask it as a client would who believes the same.


@pytest.mark.skipif(not _FAKETIME, reason="no libfaketime here")
@pytest.mark.parametrize("ahead", [3600, -3600])
def test_clocks_that_are_an_hour_apart(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, name: str, ahead: int
) -> None:
    lie = (f"LD_PRELOAD={_FAKETIME[0]}", f"FAKETIME={ahead:+}", "DONT_FAKE_MONOTONIC=1")
    api = swarmd_for(inside=("env", *lie)).api
    names = [f"{name}-{number}" for number in range(3)]
    for each, engine in zip(names, fleet, strict=True):
        body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "Env": on(engine.name)[1:]}
        made = api.post(f"/containers/create?name={each}", body)
        api.post(f"/containers/{made['Id']}/start")
    shown = api.get("/containers/json")
    assert [item["Names"][0][1:] for item in shown] == names[::-1]
    assert all("second" in item["Status"] for item in shown), shown
    eventually(lambda: _started(api, time.time() + ahead, names) == names)


def _started(api: Api, now: float, names: list[str]) -> list[str]:
    """Those whose start was in the last minutes."""
    filters = quote(json.dumps({"event": ["start"], "container": names}))
    path = f"/events?since={now - 600:.0f}&until={now:.0f}&filters={filters}"
    events = [json.loads(line) for line in api.call("GET", path).body.splitlines()]
    return [event["Actor"]["Attributes"]["name"] for event in events]


# The name server


@pytest.fixture
def dead_name_server(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """What runs a command where that is the only one."""
    resolv = tmp_path / "resolv.conf"
    resolv.write_text(f"nameserver {DEAD}\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((DEAD, 53))
        mount = f'mount --bind {resolv} /etc/resolv.conf && exec "$@"'
        yield ("unshare", "--mount", "sh", "-c", mount, "-")


def test_a_name_server_that_does_not_answer(
    fleet: Fleet,
    swarmd_for: Callable[..., Swarmd],
    dead_name_server: tuple[str, ...],
) -> None:
    """More names than threads that could wait for them."""
    named = [f"engine-{number}.example:2375" for number in range(30)]
    began = time.monotonic()
    swarmd = swarmd_for([*named, *fleet], healthy=3, inside=dead_name_server)
    assert time.monotonic() - began < 20
    swarmd.api.get("/containers/json")  # the first list waits for engines that have not spoken yet
    with everyone_else_is_quick(swarmd):
        made = swarmd.api.post("/containers/create", {"Image": "busybox"})
        swarmd.api.post(f"/containers/{made['Id']}/start")
        swarmd.list_engines([*named, *list(fleet)[:2]])
        eventually(lambda: len(swarmd.healthy()) == 2)
        swarmd.list_engines([*named, *fleet])
        eventually(lambda: len(swarmd.healthy()) == 3)
    assert all(swarmd.nodes()[each]["Status"] == "Pending" for each in named)
    began = time.monotonic()
    assert swarmd.stop()
    assert time.monotonic() - began < 20


# The disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=256k", "small", str(disk))
    yield disk
    call("umount", str(disk))


def test_no_byte_is_left_on_the_disk(small_disk: Path, fleet: Fleet) -> None:
    """Of the state file, the audit file and the log."""
    (small_disk / "state").mkdir()
    options = ("--state-dir", str(small_disk / "state"), "--audit-log", str(small_disk / "audit"))
    swarmd = Swarmd(small_disk, fleet, options=options)
    try:
        swarmd.start(3)
        _fill(small_disk)
        with everyone_else_is_quick(swarmd):
            refused = operate(swarmd, "node", "cordon", "node-1")
            assert refused.returncode == 1 and "No space left on device" in refused.stderr
            made = swarmd.api.post("/containers/create", {"Image": "busybox"})
            assert swarmd.api.call("DELETE", f"/containers/{made['Id']}").status == 204
        (small_disk / "full").unlink()
        assert operate(swarmd, "node", "cordon", "node-1").returncode == 0
        assert swarmd.nodes()["node-1"]["Status"] == "Healthy (cordoned)"
    finally:
        swarmd.close()


def _fill(disk: Path) -> None:
    with open(disk / "full", "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(512))


# The hosts file


def test_hosts_that_are_rewritten_all_the_time(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet
) -> None:
    one, two, three = fleet
    swarmd = swarmd_for()
    made = swarmd.api.post("/containers/create", {"Image": "busybox", "Env": [*on("node-1")[1:]]})
    lists = ([one, two], [one, three, "no line $$"], [f"{one.address} a=b", two, three], [one])
    with everyone_else_is_quick(swarmd):
        ends, count = time.monotonic() + 5, 0
        while time.monotonic() < ends:
            swarmd.list_engines(lists[count % len(lists)])
            if count % 10 == 0:
                swarmd.reread()
            time.sleep(0.005)
            count += 1
        swarmd.list_engines(fleet)
    assert count > 100
    eventually(lambda: len(swarmd.healthy()) == 3)
    eventually(
        lambda: [one["Id"] for one in swarmd.api.get("/containers/json?all=1")] == [made["Id"]]
    )
    assert len(swarmd.log.read_text().splitlines()) < 200
