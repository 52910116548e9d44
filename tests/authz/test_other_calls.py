from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from swarmd.authz import other_calls
from swarmd.authz.policy import Glob, Limits
from swarmd.core.names import DRIVER_LABEL

NONE = Limits()


def test_builds() -> None:
    ok = {"networkmode": ["default"], "t": ["a"]}
    assert list(other_calls.judge_build(ok, NONE)) == []
    for query in ({"networkmode": ["host"]}, {"networkmode": ["x"]}, {"remote": ["u"]}):
        assert list(other_calls.judge_build(query, NONE)), query
    host = Limits(host=frozenset({"network"}))
    assert list(other_calls.judge_build({"networkmode": ["host"]}, host)) == []


def test_pulls_and_imports() -> None:
    some = Limits(images=(Glob("a:*"),))
    assert list(other_calls.judge_pull({"fromImage": ["a"], "tag": ["1"]}, some)) == []
    assert list(other_calls.judge_pull({"fromImage": ["b"], "tag": ["1"]}, some))
    assert list(other_calls.judge_pull({"fromSrc": ["-"], "repo": ["b"]}, some))
    assert list(other_calls.judge_pull({"fromSrc": ["http://x"]}, NONE))
    assert list(other_calls.judge_pull({"fromSrc": ["-"], "repo": ["b"]}, NONE)) == []


def test_a_label_that_names_a_driver_is_judged_as_the_driver_is() -> None:
    body = {"Name": "a", "Driver": "bridge", "Labels": {DRIVER_LABEL: "overlay"}}
    (found,) = other_calls.judge_network_create(body, NONE)
    assert (found.key, found.value) == ("network_drivers", "overlay")
    both = Limits(network_drivers=frozenset({"bridge", "overlay"}))
    assert not list(other_calls.judge_network_create(body, both))
    assert list(other_calls.judge_network_create({"Labels": {DRIVER_LABEL: "macvlan"}}, both))


def test_networks_volumes_exec_update() -> None:
    assert list(other_calls.judge_network_create({"Name": "a"}, NONE)) == []
    assert list(other_calls.judge_network_create({"IPAM": {"Driver": "default"}}, NONE)) == []
    assert list(other_calls.judge_network_create({"IPAM": {"Driver": "x"}}, NONE))
    assert list(other_calls.judge_volume({"Name": "a"}, NONE)) == []
    assert list(other_calls.judge_exec({"Privileged": False}, NONE)) == []
    assert list(other_calls.judge_update({"Memory": 1}, NONE)) == []
    assert list(
        other_calls.judge_connect("a", {"EndpointConfig": {"DriverOpts": {"a": "b"}}}, NONE)
    )


def test_addresses_of_a_network_are_those_of_the_role() -> None:
    """A host sends to a bridge what was meant for its own network."""

    def found(config: Any, *subnets: str) -> list[str]:
        limits = Limits(subnets=tuple(map(ip_network, subnets)))
        judged = other_calls.judge_network_create({"Name": "a", "IPAM": {"Config": config}}, limits)
        return [one.key for one in judged]

    for free in (None, [], [{}], [None], [{"Subnet": ""}], [{"AuxiliaryAddresses": {}}], "x", [[]]):
        assert found(free) == [], free
    own = {"Subnet": "10.9.0.0/16", "IPRange": "10.9.8.0/24", "Gateway": "10.9.0.1"}
    assert found([own]) == ["subnets"] * 3
    assert found([own], "10.9.0.0/16", "fd00::/8") == []
    assert found([own, {"Subnet": "fd00:1::/64"}], "10.0.0.0/8", "fd00::/8") == []
    for text in ("10.9.0.0/15", "0.0.0.0/0", "::/0", "10.10.0.1", "010.9.0.0/16", "x", "fe80::/64"):
        for key in ("Subnet", "subnet", "IPRange", "Gateway"):
            assert found([own, {key: text}], "10.9.0.0/16", "fd00::/8") == ["subnets"], text
    assert found([{**own, "AuxiliaryAddresses": {"a": "10.8.0.1"}}], "10.9.0.0/16") == ["subnets"]
    assert found([{"auxiliaryaddresses": {"a": "10.8.0.1"}}], "10.9.0.0/16") == ["subnets"]


def test_checkpoints_have_no_folder_of_their_own() -> None:
    assert list(other_calls.judge_checkpoint({"dir": [""]}, {"CheckpointID": "a"})) == []
    assert list(other_calls.judge_checkpoint({"dir": ["/etc"]}, {}))
    assert list(other_calls.judge_checkpoint({}, {"CheckpointDir": "/etc"}))
