from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.views.agreed import agreed, as_of, programs_of
from swarmd.core.request.version import Version

FIREWALL = {"Driver": "iptables"}
NEW = {
    "RuncCommit": {"ID": "r"},
    "InitCommit": {"ID": "i"},
    "FirewallBackend": FIREWALL,
    "CDISpecDirs": ["/etc/cdi", "/var/run/cdi"],
}


def test_what_one_engine_says_is_shown() -> None:
    assert agreed([programs_of({**NEW, "Name": "node-1"})]) == NEW
    assert agreed([]) == {}


def test_only_what_all_say_is_shown() -> None:
    other = {
        **NEW,
        "RuncCommit": {"ID": "r", "Expected": "r"},
        "InitCommit": {"ID": "other"},
        "CDISpecDirs": ["/var/run/cdi"],
    }
    assert agreed([programs_of(NEW), programs_of(other)]) == {
        "RuncCommit": {"ID": "r"},
        "FirewallBackend": FIREWALL,
        "CDISpecDirs": ["/var/run/cdi"],
    }
    assert agreed([programs_of(NEW), programs_of({"FirewallBackend": None})]) == {}


def test_of_an_object_what_all_say_of_it_is_shown() -> None:
    one = {"Containerd": {"Address": "/run/a.sock", "Namespaces": {"Containers": "moby"}}}
    two = {"Containerd": {"Address": "/run/b.sock", "Namespaces": {"Containers": "moby"}}}
    assert agreed([one, two]) == {"Containerd": {"Namespaces": {"Containers": "moby"}}}


BODY: dict[str, Any] = {
    "ID": "x",
    "RuncCommit": {"ID": "r"},
    "RegistryConfig": {"AllowNondistributableArtifactsCIDRs": [], "Mirrors": []},
    "BridgeNfIptables": True,
    "CDISpecDirs": [],
    "Containerd": {},
    "FirewallBackend": {},
    "DiscoveredDevices": [],
    "NRI": {},
}


@pytest.mark.parametrize(
    ("version", "lacking"),
    [
        ((1, 41), {"CDISpecDirs", "Containerd", "FirewallBackend", "DiscoveredDevices", "NRI"}),
        ((1, 46), {"FirewallBackend", "DiscoveredDevices", "NRI"}),
        ((1, 49), {"DiscoveredDevices", "NRI"}),
        ((1, 50), {"BridgeNfIptables", "NRI"}),
        ((1, 53), {"BridgeNfIptables"}),
    ],
)
def test_fields_come_and_go_with_the_version(version: Version, lacking: set[str]) -> None:
    shown = as_of(BODY, version)
    assert BODY.keys() - shown.keys() == lacking
    old = version < (1, 49)
    assert shown["RuncCommit"] == ({"ID": "r", "Expected": "r"} if old else {"ID": "r"})
    assert ("AllowNondistributableArtifactsCIDRs" in shown["RegistryConfig"]) == old
