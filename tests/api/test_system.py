import pytest

from swarmd.cluster.actions import EngineFailed
from tests.api.rig import ApiRig


@pytest.mark.parametrize("path", ["/_ping", "/v1.41/_ping"])
def test_ping_needs_no_engine(path: str) -> None:
    head, body = ApiRig(0).ask("GET", path).whole()
    assert (head.status, body) == (200, b"OK")
    shown = {name: head.get(name) for name in (b"builder-version", b"swarm", b"pragma")}
    assert shown == {b"builder-version": b"2", b"swarm": b"inactive", b"pragma": b"no-cache"}
    assert head.get(b"content-type") == b"text/plain; charset=utf-8"


def test_ping_by_head_has_no_body() -> None:
    client = ApiRig(0).ask("HEAD", "/_ping")
    assert client.received.endswith(b"\r\n\r\n")
    assert client.whole()[0].status == 200


def test_version_and_info_name_the_nodes() -> None:
    rig = ApiRig(2)
    status, version = rig.ask("GET", "/version").answer()
    assert (status, version["Version"]) == (200, "swarm/1.2.3")
    assert version["ApiVersion"] == "1.44"
    status, info = rig.ask("GET", "/info").answer()
    assert (status, info["NCPU"], info["ServerVersion"]) == (200, 8, "swarm/1.2.3")
    assert ["Nodes", "2"] in info["SystemStatus"]


def test_what_is_wrong_with_discovery_is_shown() -> None:
    rig = ApiRig(1)
    rig.fleet.report("hosts:3: what is this")
    assert any("hosts:3" in text for text in rig.ask("GET", "/info").answer()[1]["Warnings"])


def test_options() -> None:
    assert ApiRig(0).ask("OPTIONS", "/_ping").answer()[0] == 200


def test_version_follows_the_nodes() -> None:
    rig = ApiRig(2)

    def nodes() -> list[str]:
        components = rig.ask("GET", "/version").answer()[1]["Components"]
        return [each["Details"].get("Status", "") for each in components[1:]]

    assert nodes() == nodes() == ["Healthy", "Healthy"]
    key = next(iter(rig.fleet.state.engines))
    rig.fleet.dispatch(EngineFailed(key, "gone", 0.0, 1, fatal=True))
    assert nodes() == ["Unhealthy", "Healthy"]
