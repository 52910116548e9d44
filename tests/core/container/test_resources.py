from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.resources import (
    ONE_CPU,
    RESERVE_LABEL,
    SHARES_LABEL,
    DeviceWish,
    as_made,
    asked_by_environment,
    cpus,
    cpuset_size,
    device_wishes,
    devices,
    hands_out_devices,
    least_memory,
    memory,
    reserve,
    resized,
    taken_by_environment,
    weight,
    without_visible_devices,
)


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ({}, 0),
        ({"NanoCpus": ONE_CPU // 2, "CpuShares": 1024}, ONE_CPU // 2),
        ({"CpuQuota": 150_000}, ONE_CPU * 3 // 2),
        ({"CpuQuota": 50_000, "CpuPeriod": 25_000}, 2 * ONE_CPU),
        ({"CpuQuota": -1, "CpuShares": 1}, ONE_CPU),
        ({"NanoCpus": ONE_CPU // 2, "CpuShares": 2}, ONE_CPU // 2),
        ({"CpuShares": 63}, 63 * ONE_CPU),
        ({"CpuShares": 64}, 0),
        ({"CpuShares": 1024}, 0),
        ({"CpuShares": -1}, 0),
    ],
)
def test_cpus(host: dict[str, Any], wanted: int) -> None:
    assert cpus(host) == wanted


@pytest.mark.parametrize(
    ("shares", "kept", "wanted"),
    [(512, "1", 1), (32, "1", 1), (512, "", 0), (0, "1", 0), (512, "x", 0), (512, "0", 0)],
)
def test_the_label_keeps_what_was_asked_for(shares: int, kept: str, wanted: int) -> None:
    """On an engine with 32 CPUs, one of them has as few shares as 32 CPUs of a client."""
    assert cpus({"CpuShares": shares}, {SHARES_LABEL: kept}) == wanted * ONE_CPU


@pytest.mark.parametrize(
    ("wanted", "available", "shares"), [(1, 2, 512), (2, 2, 1024), (1, 3, 342), (1, 4096, 2)]
)
def test_weights(wanted: int, available: int, shares: int) -> None:
    assert weight(wanted, available) == shares


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ({}, 0),
        ({"Memory": 5, "MemoryReservation": 3}, 5),
        ({"Memory": 0, "MemoryReservation": 3}, 3),
        ({"Memory": -1}, 0),
    ],
)
def test_memory(host: dict[str, Any], wanted: int) -> None:
    assert memory(host) == wanted


@pytest.mark.parametrize(
    ("limit", "reservation", "least"),
    [(5, 3, 3), (5, 0, 0), (0, 3, 0), (3, 5, 0), (5, 5, 0), (5, -1, 0)],
)
def test_a_reservation_below_its_limit(limit: int, reservation: int, least: int) -> None:
    assert least_memory({"Memory": limit, "MemoryReservation": reservation}) == least


@pytest.mark.parametrize(
    ("label", "said"), [("soft", "soft"), ("hard", "hard"), ("", ""), ("none", ""), (None, "")]
)
def test_what_a_container_says_of_its_limits(label: str | None, said: str) -> None:
    assert reserve({RESERVE_LABEL: label}) == said and reserve(None) == ""


def test_devices() -> None:
    host = {
        "DeviceRequests": [
            {"Count": -1, "Capabilities": [["gpu", "utility"]]},
            {"DeviceIDs": ["0", "GPU-1"], "Capabilities": [["compute"], ["gpu"]]},
            {"Driver": "cdi", "DeviceIDs": ["vendor.com/x=1"]},
            {"Count": 1, "Capabilities": [["tpu"]]},
            {"Count": 2},
        ]
    }
    assert device_wishes(host) == (
        DeviceWish("gpu", -1, ()),
        DeviceWish("gpu", 0, ("0", "GPU-1")),
        DeviceWish("cdi", 0, ("vendor.com/x=1",)),
        DeviceWish("tpu", 1, ()),
        DeviceWish("device", 2, ()),
    )
    assert devices(host) == (("gpu", "0"), ("gpu", "GPU-1"), ("cdi", "vendor.com/x=1"))
    assert device_wishes({}) == ()


@pytest.mark.parametrize(("text", "size"), [("", 0), ("0", 1), ("0-2,5", 6), ("3,1", 4)])
def test_cpusets(text: str, size: int) -> None:
    assert cpuset_size(text) == size


def test_a_bad_cpuset() -> None:
    with pytest.raises(ValueError):
        cpuset_size("a-b")


@pytest.mark.parametrize("groups", [[[5]], [[["gpu"]]], [[None]], [5]])
def test_a_capability_is_a_word(groups: Any) -> None:
    with pytest.raises(TypeError):
        device_wishes({"DeviceRequests": [{"Capabilities": groups}]})


@pytest.mark.parametrize(
    ("entries", "asked", "taken"),
    [
        (["A=b"], "", False),
        (["NVIDIA_VISIBLE_DEVICES=all"], "NVIDIA_VISIBLE_DEVICES", True),
        (["NVIDIA_VISIBLE_DEVICES=0"], "NVIDIA_VISIBLE_DEVICES", True),
        (["NVIDIA_VISIBLE_DEVICES=void"], "", False),
        (
            ["NVIDIA_VISIBLE_DEVICES=void", "NVIDIA_VISIBLE_DEVICES=1"],
            "NVIDIA_VISIBLE_DEVICES",
            True,
        ),
        (["NVIDIA_VISIBLE_DEVICES="], "", False),
        (["NVIDIA_VISIBLE_DEVICES"], "", False),
        (["AMD_VISIBLE_DEVICES=all"], "AMD_VISIBLE_DEVICES", True),
        (["CUDA_VISIBLE_DEVICES=0"], "", False),
        (["CUDA_VERSION=8"], "", True),
        (["CUDA_VERSION=8", "NVIDIA_VISIBLE_DEVICES=void"], "", False),
    ],
)
def test_devices_by_environment(entries: list[str], asked: str, taken: bool) -> None:
    assert asked_by_environment(entries) == asked
    assert taken_by_environment(entries) == taken
    assert not taken_by_environment(without_visible_devices(entries))


def test_whose_runtime_goes_by_the_environment() -> None:
    info = {
        "DefaultRuntime": "gpus",
        "Runtimes": {"gpus": {"path": "/bin/nvidia-container-runtime"}},
    }
    assert hands_out_devices("", info) and hands_out_devices("gpus", info)
    assert hands_out_devices("nvidia", {}) and not hands_out_devices("runc", info)
    for odd in ({}, {"DefaultRuntime": None, "Runtimes": []}, {"Runtimes": {"": "x"}}):
        assert not hands_out_devices("", odd)
    assert asked_by_environment(None) == asked_by_environment("NVIDIA_VISIBLE_DEVICES=all") == ""


@pytest.mark.parametrize(
    ("update", "cpus_then", "memory_then"),
    [
        ({}, ONE_CPU, 64),
        ({"NanoCpus": 2 * ONE_CPU}, 2 * ONE_CPU, 64),
        ({"Memory": 128, "NanoCpus": 0}, ONE_CPU, 128),
        ({"MemoryReservation": 32}, ONE_CPU, 64),
        ({"CpuShares": 1024}, ONE_CPU, 64),
        ({"CpuShares": 3}, ONE_CPU, 64),
    ],
)
def test_an_update_changes_what_it_gives(
    update: dict[str, Any], cpus_then: int, memory_then: int
) -> None:
    host = {"NanoCpus": ONE_CPU, "Memory": 64}
    old = Demand(ONE_CPU, 64, (HostPort(80),))
    new = resized(old, {}, host, update)
    kept = update.get("MemoryReservation", 0)
    assert new == Demand(cpus_then, memory_then, (HostPort(80),), least_memory=kept)


@pytest.mark.parametrize(("labels", "wanted"), [({}, 0), (None, 0), ({SHARES_LABEL: "2"}, 2)])
def test_shares_of_what_is_there_mean_cpus_where_they_were_asked_for(
    labels: dict[str, str] | None, wanted: int
) -> None:
    config, host = {"Labels": labels}, {"CpuShares": 3, "Memory": 5}
    assert cpus(as_made(config, host), labels) == wanted * ONE_CPU
    assert memory(as_made(config, host)) == 5
    old = Demand(wanted * ONE_CPU, 5)
    assert resized(old, config, host, {"CpuShares": 40}) == old
