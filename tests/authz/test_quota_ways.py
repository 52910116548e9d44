"""Ways around quotas, and to GPUs that nobody counts, from the client's side of the door."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from swarmd.cluster import actions
from swarmd.core.request.identity import Identity
from tests.authz.rig import (
    ALICE,
    BOB,
    BUSYBOX,
    DAVE,
    ROOT,
    GuardedRig,
    answer,
    container,
    create,
    inspected,
)
from tests.cluster.fleet import seen

POLICY = """
[[identity]]
cn = "dave"
roles = ["counted"]

[[identity]]
cn = "bob"
roles = ["gpu"]

[[identity]]
cn = "alice"
roles = ["bare"]

[[identity]]
cn = "root"
roles = ["admin"]

[role.counted]
allow = ["*"]
create = "anything"
quota = { memory = "4g" }

[role.gpu]
allow = ["*"]
create = { gpus = true, runtimes = ["nvidia"] }
quota = { gpus = 2 }

[role.bare]
allow = ["*"]

[role.admin]
allow = ["*"]
create = "anything"
"""
ONE_CONTAINER = """
[[identity]]
cn = "alice"
roles = ["small"]
[role.small]
allow = ["read", "run"]
create = "anything"
quota = { containers = 1 }
"""
ALL = ["A=b", "NVIDIA_VISIBLE_DEVICES=all"]


@pytest.fixture
def rig() -> GuardedRig:
    return GuardedRig(POLICY)


def with_nvidia(rig: GuardedRig) -> None:
    info = json.dumps({"DefaultRuntime": "nvidia"}).encode()
    for number in (1, 2):
        engine = rig.engine(number)
        spec = replace(engine.spec, info=info)
        rig.fleet.dispatch(actions.EngineValidated(engine.key, spec, rig.now))
        rig.fleet.dispatch(actions.EngineAnswered(engine.key, rig.now))


@pytest.mark.parametrize("swap", [-1, 1 << 40, "1", True])
def test_swap_beyond_the_memory(rig: GuardedRig, swap: Any) -> None:
    body = create(MemorySwap=swap)
    assert rig.status(DAVE, "POST", "/containers/create", body) == 403
    assert rig.status(DAVE, "POST", "/containers/mine/update", {"MemorySwap": swap}) == 403
    assert rig.changed == []


@pytest.mark.parametrize("key", ["Memory", "memory", "MemorySwap", "NanoCpus", "CpuQuota"])
def test_an_update_of_what_is_counted_also_where_nothing_is_bounded(
    rig: GuardedRig, key: str
) -> None:
    assert rig.status(DAVE, "POST", "/containers/mine/update", {key: 1 << 40}) == 403
    assert rig.changed == []
    body = {"MemorySwap": 0, "Memory": 0, "RestartPolicy": {"Name": "no"}}
    assert rig.status(DAVE, "POST", "/containers/mine/update", body) == 204


@pytest.mark.parametrize("number", ["1e400", "9" * 30, "-" + "9" * 30, str(2**64)])
@pytest.mark.parametrize("path", ["/containers/create", "/containers/mine/update"])
def test_numbers_of_more_than_64_bits(rig: GuardedRig, number: str, path: str) -> None:
    for text in ('{"Image":"a","HostConfig":{"Memory":%s}}', '{"Memory":%s}', '{"CpuShares":%s}'):
        client = rig.as_(DAVE, "GET", "/_ping")
        data = (text % number).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        client.transport.clear()
        client.channel.dataReceived(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        assert client.received.startswith(b"HTTP/1.1 400 "), client.received
    assert rig.changed == []


@pytest.mark.parametrize("request_", [{"Count": 0}, {}, {"Count": -1}, {"DeviceIDs": []}])
def test_gpus_that_would_not_be_counted(rig: GuardedRig, request_: dict[str, Any]) -> None:
    """Some engines let the image's environment say which, where a request names none."""
    body = create(DeviceRequests=[{**request_, "Capabilities": [["gpu"]]}])
    for who in (BOB, ALICE):
        assert rig.status(who, "POST", "/containers/create", body) == 403
    assert rig.changed == []


@pytest.mark.parametrize("who", [ALICE, BOB])
def test_gpus_by_the_environment(rig: GuardedRig, who: Identity) -> None:
    with_nvidia(rig)
    assert rig.status(who, "POST", "/containers/create", {**create(), "Env": ALL}) == 403
    assert rig.status(who, "POST", "/containers/create", create()) == 201
    assert "NVIDIA_VISIBLE_DEVICES=void" in rig.sent("POST", "/containers/create")["Env"]


def test_only_where_a_runtime_goes_by_it(rig: GuardedRig) -> None:
    assert rig.status(ALICE, "POST", "/containers/create", create()) == 201
    assert "Env" not in rig.sent("POST", "/containers/create")
    assert rig.status(BOB, "POST", "/containers/create", create(Runtime="nvidia")) == 201
    assert "NVIDIA_VISIBLE_DEVICES=void" in rig.sent("POST", "/containers/create")["Env"]
    with_nvidia(rig)
    assert rig.status(ROOT, "POST", "/containers/create", {**create(), "Env": ALL}) == 201
    assert rig.sent("POST", "/containers/create")["Env"] == ALL


def test_a_container_that_has_gpus_by_its_image(rig: GuardedRig) -> None:
    with_nvidia(rig)
    shown = inspected("ad" * 32, "adm", Runtime="nvidia")
    shown["Config"]["Env"] = ALL
    rig.show(shown)
    status, said = rig.as_(ALICE, "POST", "/containers/adm/exec", {"Cmd": ["x"]}).answer()
    assert status == 403 and "role.bare.create.gpus" in said["message"]


def test_checkpoints_in_folders_of_the_host(rig: GuardedRig) -> None:
    path = "/containers/mine/checkpoints"
    for method, where, body in (
        ("POST", path, {"CheckpointID": "x", "CheckpointDir": "/etc"}),
        ("POST", path, {"CheckpointID": "x", "checkpointdir": "/etc"}),
        ("GET", f"{path}?dir=/etc", None),
        ("DELETE", f"{path}/x?dir=/etc", None),
    ):
        assert rig.status(ALICE, method, where, body) == 403, where
    assert rig.asked == []
    assert rig.status(ALICE, "POST", path, {"CheckpointID": "x"}) == 204
    assert rig.status(ALICE, "GET", path) == 200


def test_what_its_engine_starts_again_still_runs() -> None:
    """Its end is an event, and that it is being started again only a question tells."""
    rig = GuardedRig(ONE_CONTAINER)
    key, labels = rig.engine(1).key, {"com.docker.swarm.role": "small"}
    again, new = "d5" * 32, "d6" * 32
    items = [
        container(again, "again", labels, BUSYBOX),
        {**container(new, "new", labels, BUSYBOX), "State": "created", "Status": "Created"},
    ]
    at = rig.clock.seconds()
    rig.fleet.dispatch(actions.ContainersListed(key, items, at, rig.now))
    for one, name, word in ((again, "again", "running"), (new, "new", "created")):
        state = {"Status": word, "Running": word == "running"}
        shown = {**inspected(one, name, Labels=labels), "State": state}
        rig.fleet.dispatch(actions.ContainerInspected(key, shown, at))
    waits = {"State": "restarting", "Status": "Restarting (1) Less than a second ago"}

    def script(method: str, target: str) -> tuple[int, Any]:
        is_list = target.startswith("/containers/json")
        return (200, [{**items[0], **waits}]) if is_list else answer(method, target)

    rig.script(1, script)
    rig.clock.advance(1)
    died = {"Type": "container", "Action": "die", "Actor": {"ID": again, "Attributes": {}}}
    rig.fleet.dispatch(seen(key, died, rig.clock.seconds(), rig.now))
    status, body = rig.as_(ALICE, "POST", "/containers/new/start").answer()
    assert status == 403 and "small.quota.containers would be exceeded" in body["message"]
