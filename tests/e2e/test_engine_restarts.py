"""An engine that is restarted, emptied, replaced or upgraded is taken for what it then is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.packages import Missing
from tests.lab.programs import NEWEST, dockerd
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.soak]

_ALL = "/containers/json?all=1"


@pytest.fixture
def alone() -> Iterator[Fleet]:
    """One engine that nobody else needs afterwards."""
    fleet = Fleet(1)
    try:
        fleet.up()
        yield fleet
    finally:
        fleet.down()


def run(api: Api, name: str) -> str:
    body = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "StopTimeout": 1}
    made = api.post(f"/containers/create?name={name}", body)
    api.post(f"/containers/{made['Id']}/start")
    return str(made["Id"])


def restarted(swarmd: Swarmd, engine: Engine, *options: str) -> None:
    """As an operator does it; returns once swarmd has noticed both ends of it."""
    engine.stop()
    eventually(lambda: not swarmd.healthy())
    engine.start(*options)
    eventually(swarmd.healthy)


def test_restarts(alone: Fleet, swarmd_for: Callable[..., Swarmd], name: str) -> None:
    """One after the other, since an engine of its own is dear."""
    (engine,) = alone
    swarmd = swarmd_for([engine])
    restarted(swarmd, engine, "--live-restore")
    kept = run(swarmd.api, name)
    began = swarmd.api.get(f"/containers/{kept}/json")["State"]["StartedAt"]
    _keeps_what_lives(swarmd, engine, kept, began)
    _is_upgraded(swarmd, engine, kept)
    _is_emptied(swarmd, engine, name)


def _keeps_what_lives(swarmd: Swarmd, engine: Engine, kept: str, began: str) -> None:
    restarted(swarmd, engine, "--live-restore")
    state = swarmd.api.get(f"/containers/{kept}/json")["State"]
    assert (state["Status"], state["StartedAt"]) == ("running", began)
    (listed,) = swarmd.api.get(_ALL)
    assert listed["Id"] == kept and listed["Status"].startswith("Up ")
    swarmd.api.post(f"/containers/{kept}/exec", {"Cmd": ["true"]})


def _is_upgraded(swarmd: Swarmd, engine: Engine, kept: str) -> None:
    try:
        newer = dockerd(NEWEST)
    except Missing:
        return
    before = swarmd.api.get("/version")
    engine.stop()
    engine.machine.lay_over(newer)
    engine.start()
    eventually(swarmd.healthy)
    after = swarmd.api.get("/version")
    assert after["ApiVersion"] > before["ApiVersion"]
    assert [item["Id"] for item in swarmd.api.get(_ALL)] == [kept]
    swarmd.api.post(f"/containers/{kept}/start")
    assert swarmd.api.get(f"/containers/{kept}/json")["State"]["Running"]


def _is_emptied(swarmd: Swarmd, engine: Engine, name: str) -> None:
    """Another data root is another machine under the old address: the old containers are gone."""
    disk = engine.machine.disk
    restarted(swarmd, engine, "--data-root", f"{disk}/other", "--exec-root", f"{disk}/other-exec")
    assert swarmd.api.get(_ALL) == []
    answer = swarmd.api.call("POST", f"/containers/create?name={name}", {"Image": "busybox"})
    assert answer.status == 404 and "No such image" in answer.message
