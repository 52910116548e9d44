"""Volumes and networks that are there, by name, for a role that may have nothing."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster import actions
from tests.authz.rig import DAVE, GuardedRig, create
from tests.authz.test_taken import USES, denied, has

# Volumes


def volume(rig: GuardedRig, name: str, driver: str = "local", **options: str) -> None:
    shown = {"Name": name, "Driver": driver, "Scope": "local", "Options": options or None}
    key, at = rig.engine(1).key, rig.clock.seconds()
    rig.fleet.dispatch(actions.VolumesListed(key, [shown], (), at))
    rig.there[f"volumes/{name}"] = shown


VOLUMES: list[tuple[dict[str, str], str]] = [
    ({"type": "none", "o": "bind", "device": "/etc"}, "binds"),
    ({"o": "rw,bind", "device": "/etc"}, "local"),
    ({"type": "nfs", "o": "addr=a", "device": ":/"}, "local"),
    ({"type": "ext4", "device": "/dev/sda"}, "local"),
    ({"driver": "rexray"}, "volume_drivers"),
]


@pytest.mark.parametrize(("made", "key"), VOLUMES, ids=str)
@pytest.mark.parametrize("ref", ["etc", "node-1/etc"])
def test_a_volume_by_name_is_what_it_was_made_as(
    rig: GuardedRig, made: dict[str, str], key: str, ref: str
) -> None:
    volume(rig, "etc", **made)
    for host in (
        {"Binds": [f"{ref}:/x"]},
        {"Binds": [f"{ref}:/x:ro"]},
        {"Mounts": [{"Type": "volume", "Source": ref, "Target": "/x"}]},
    ):
        denied(rig, "POST", "/containers/create", create(**host), key)


def test_its_node_has_the_last_word_on_a_volume(rig: GuardedRig) -> None:
    """It was made, or made anew, behind swarmd's back."""
    etc = {"Name": "new", "Driver": "local", "Options": {"o": "bind", "device": "/etc"}}
    rig.there["volumes/new"] = etc
    denied(rig, "POST", "/containers/create", create(Binds=["new:/x"]), "binds")
    rig.there["volumes/new"] = (500, {"message": "a driver is gone"})
    assert rig.status(DAVE, "POST", "/containers/create", create(Binds=["new:/x"])) == 503
    assert rig.changed == []


def test_volumes_of_a_container_are_what_they_were_made_as(rig: GuardedRig) -> None:
    mounted = {"Type": "volume", "Name": "etc", "Driver": "local", "Destination": "/x", "RW": True}
    has(rig, Mounts=[mounted])
    denied(rig, "POST", "/containers/create", create(VolumesFrom=["adm"]), "not to be looked at")
    rig = GuardedRig()
    volume(rig, "etc", o="bind", device="/etc")
    has(rig, Mounts=[mounted])
    denied(rig, "POST", "/containers/create", create(VolumesFrom=["adm"]), "binds")
    for method, path, body in USES:
        denied(rig, method, path, body, "binds")


def test_a_volume_that_the_policy_names_is_shared_whatever_it_is() -> None:
    rig = GuardedRig(SHARING)
    volume(rig, "models", type="nfs", o="addr=a", device=":/")
    assert rig.status(DAVE, "POST", "/containers/create", create(Binds=["models:/x:ro"])) == 201


SHARING = """
[[identity]]
cn = "dave"
roles = ["strict"]

[role.strict]
allow = ["*"]
create = { volumes = ["models"], networks = ["lan"] }
"""


# Networks


def network(rig: GuardedRig, driver: str, **more: Any) -> None:
    shown = {"Id": "77" * 32, "Name": "lan", "Driver": driver, "Scope": "local", **more}
    known = [{"Id": "d4" * 32, "Name": "bridge", "Driver": "bridge"}, shown]
    rig.fleet.dispatch(actions.NetworksListed(rig.engine(1).key, known, rig.clock.seconds()))


NETWORKS: list[tuple[str, dict[str, Any], str]] = [
    ("macvlan", {"Options": {"parent": "eth0"}}, "network_drivers"),
    ("ipvlan", {}, "network_drivers"),
    ("overlay", {"Ingress": True}, "network_drivers"),
    ("bridge", {"Ingress": True}, "Ingress"),
    ("bridge", {"ConfigOnly": True}, "ConfigOnly"),
    ("bridge", {"ConfigFrom": {"Network": "x"}}, "ConfigFrom"),
    ("bridge", {"Options": {"com.docker.network.bridge.name": "br-lan"}}, "bridge.name"),
    ("bridge", {"IPAM": {"Driver": "dhcp"}}, "address driver"),
]


@pytest.mark.parametrize(("driver", "more", "key"), NETWORKS, ids=str)
def test_a_network_is_what_it_was_made_as(
    rig: GuardedRig, driver: str, more: dict[str, Any], key: str
) -> None:
    network(rig, driver, **more)
    for ref in ("lan", "node-1/lan", "77" * 32, "77" * 6):
        for body in (
            create(NetworkMode=ref),
            {**create(), "NetworkingConfig": {"EndpointsConfig": {ref: {}}}},
        ):
            denied(rig, "POST", "/containers/create", body, key)
        denied(rig, "POST", f"/networks/{ref}/connect", {"Container": "mine"}, key)
    has(rig, Networks={"lan": {"NetworkID": "77" * 32}})
    denied(rig, "POST", "/containers/create", create(NetworkMode="container:adm"), key)
    denied(rig, "POST", "/containers/adm/exec", {"Cmd": ["x"]}, key)


def test_ordinary_networks_are_free(rig: GuardedRig) -> None:
    options = {"com.docker.network.enable_ipv4": "true", "com.docker.network.driver.mtu": "1400"}
    network(rig, "bridge", Options=options, ConfigFrom={"Network": ""}, IPAM={"Driver": "default"})
    for ref in ("lan", "bridge", "none", "default", ""):
        assert rig.status(DAVE, "POST", "/containers/create", create(NetworkMode=ref)) == 201
    assert rig.status(DAVE, "POST", "/networks/lan/connect", {"Container": "mine"}) == 204
    sharing = GuardedRig(SHARING)
    network(sharing, "macvlan")
    assert sharing.status(DAVE, "POST", "/containers/create", create(NetworkMode="lan")) == 201
