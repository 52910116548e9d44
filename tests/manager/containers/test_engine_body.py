from typing import Any

import pytest

from swarmd.core.container.resources import SHARES_LABEL
from swarmd.manager.containers.engine_body import with_devices, with_weight, without_devices


def request(count: int, ids: list[str] | None = None, kind: str = "gpu") -> dict[str, Any]:
    return {"Count": count, "DeviceIDs": ids, "Capabilities": [[kind]], "Options": {"x": "y"}}


def named(requests: list[dict[str, Any]], claimed: list[tuple[str, str]]) -> list[Any]:
    body = {"Image": "app", "HostConfig": {"DeviceRequests": requests, "Memory": 5}}
    sent = with_devices(body, claimed)
    assert sent["HostConfig"]["Memory"] == 5
    return [(one["Count"], one["DeviceIDs"]) for one in sent["HostConfig"]["DeviceRequests"]]


def test_a_count_becomes_the_devices_that_were_claimed() -> None:
    assert named([request(2)], [("gpu", "0"), ("gpu", "3")]) == [(0, ["0", "3"])]


def test_all_are_all_that_were_claimed() -> None:
    assert named([request(-1)], [("gpu", "0"), ("gpu", "1")]) == [(0, ["0", "1"])]


def test_two_requests_never_get_one_device() -> None:
    claimed = [("gpu", "0"), ("gpu", "1")]
    assert named([request(1), request(1)], claimed) == [(0, ["0"]), (0, ["1"])]


def test_kinds_are_apart() -> None:
    claimed = [("gpu", "0"), ("tpu", "7")]
    requests = [request(1, kind="tpu"), request(1)]
    assert named(requests, claimed) == [(0, ["7"]), (0, ["0"])]


def test_devices_that_were_named_stay() -> None:
    assert named([request(0, ["GPU-a"])], [("gpu", "GPU-a")]) == [(0, ["GPU-a"])]


def test_without_requests_nothing_changes() -> None:
    body = {"Image": "app"}
    assert with_devices(body, [("gpu", "0")]) is body
    full = {"HostConfig": {"DeviceRequests": [request(1)]}}
    assert with_devices(full, []) is full


def test_no_environment_brings_devices_along() -> None:
    nvidia = b'{"DefaultRuntime":"nvidia","Runtimes":{}}'
    body: dict[str, Any] = {"Image": "app", "Env": ["A=b", "NVIDIA_VISIBLE_DEVICES=all"]}
    env = without_devices(body, nvidia)["Env"]
    assert env[:2] == ["A=b", "NVIDIA_VISIBLE_DEVICES=void"]
    assert "NVIDIA_VISIBLE_DEVICES=void" in without_devices({"Image": "app"}, nvidia)["Env"]
    assert without_devices(body, b"{}") is body
    asked = {**body, "HostConfig": {"DeviceRequests": [request(1)]}}
    assert without_devices(asked, nvidia) is asked  # the engine says it after all others


@pytest.mark.parametrize(
    ("shares", "cpus", "sent"), [(1, 2, 512), (2, 2, 1024), (1, 3, 342), (1, 64, 16), (3, 0, 3072)]
)
def test_cpus_become_a_weight(shares: int, cpus: int, sent: int) -> None:
    body = {"Image": "app", "Labels": {"a": "b"}, "HostConfig": {"CpuShares": shares, "Memory": 1}}
    weighed = with_weight(body, cpus)
    assert weighed["HostConfig"] == {"CpuShares": sent, "Memory": 1}
    assert weighed["Labels"] == {"a": "b", SHARES_LABEL: str(shares)}
    assert with_weight(weighed, cpus) == weighed, "as when the container is made anew elsewhere"


@pytest.mark.parametrize("host", [None, {}, {"CpuShares": 0}, {"CpuShares": 1024}])
def test_a_weight_stays(host: dict[str, int] | None) -> None:
    body = {"Image": "app", "HostConfig": host}
    assert with_weight(body, 2) is body
