from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.create_request import rewritten
from swarmd.core.container.personal_labels import MOVE
from swarmd.manager.moving.blueprint import blueprint, reasons_to_stay

ID = "0123456789ab" + "0" * 52


def inspect(**more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Id": ID,
        "Config": {
            "Hostname": ID[:12],
            "Image": "app:1",
            "Env": ["A=b"],
            "Labels": {"a": "b"},
        },
        "HostConfig": {"NetworkMode": "front", "Memory": 5, "ContainerIDFile": "/tmp/x"},
        "NetworkSettings": {
            "Networks": {
                "front": {
                    "NetworkID": "f1",
                    "Aliases": ["www", ID[:12]],
                    "IPAddress": "10.0.0.2",
                    "IPAMConfig": {"IPv4Address": "10.0.0.2"},
                },
                "back": {"NetworkID": "b1", "Aliases": [ID[:12]]},
            }
        },
        "Mounts": [],
    }
    for key, value in more.items():
        body[key] = {**body[key], **value} if isinstance(value, dict) else value
    return body


def test_the_same_but_for_what_engines_invent() -> None:
    plan = blueprint(inspect(), "web")
    assert plan.name == "web"
    assert plan.body["Image"] == "app:1" and plan.body["Env"] == ["A=b"]
    assert plan.body["Labels"] == {"a": "b"}
    assert "Hostname" not in plan.body and "ContainerIDFile" not in plan.body["HostConfig"]
    assert plan.config.demand.memory == 5


def test_one_network_goes_with_the_create_and_the_others_after() -> None:
    plan = blueprint(inspect(), "web")
    front = {"IPAMConfig": {"IPv4Address": "10.0.0.2"}, "Aliases": ["www"]}
    assert plan.body["NetworkingConfig"]["EndpointsConfig"] == {"front": front}
    assert plan.further == {"back": {}}
    assert set(plan.config.networks) == {"front", "back"}
    assert rewritten(plan.body)["NetworkingConfig"] == plan.body["NetworkingConfig"]


def test_a_networks_id_becomes_its_name() -> None:
    plan = blueprint(inspect(HostConfig={"NetworkMode": "f1"}), "web")
    assert plan.body["HostConfig"]["NetworkMode"] == "front"


def test_a_host_name_that_was_given_is_kept() -> None:
    assert blueprint(inspect(Config={"Hostname": "db"}), "web").body["Hostname"] == "db"


def test_the_hosts_own_name_is_not_taken_along() -> None:
    given = inspect(Config={"Hostname": "node-1"}, HostConfig={"NetworkMode": "host"})
    assert "Hostname" not in blueprint(given, "web").body


def test_links_are_as_they_were_asked_for() -> None:
    plan = blueprint(inspect(HostConfig={"Links": ["/db:/web/database"]}), "web")
    assert plan.body["HostConfig"]["Links"] == ["db:database"]
    assert plan.config.containers == (("--link", "db"),)


BIND = {"Type": "bind", "Source": "/srv", "Destination": "/d"}
VOLUME = {"Type": "volume", "Name": "data", "Destination": "/d"}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"Mounts": [BIND]}, "/srv of this node"),
        ({"Mounts": [VOLUME]}, "volume data"),
        ({"HostConfig": {"AutoRemove": True}}, "--rm"),
        ({"HostConfig": {"Devices": [{"PathOnHost": "/dev/kvm"}]}}, "/dev/kvm"),
        ({"HostConfig": {"NetworkMode": "container:x"}}, "--network"),
        ({"HostConfig": {"Links": ["/db:/web/db"]}}, "--link"),
        ({"HostConfig": {"VolumesFrom": ["data"]}}, "--volumes-from"),
        ({"Config": {"Labels": {MOVE: "never"}}}, "never"),
        ({"Config": {"Labels": {"com.docker.swarm.task.id": "x"}}}, "service"),
    ],
)
def test_reasons_to_stay(given: dict[str, Any], word: str) -> None:
    (reason,) = reasons_to_stay(inspect(**given))
    assert word in reason


def test_nothing_speaks_against_it() -> None:
    assert reasons_to_stay(inspect(Mounts=[{"Type": "tmpfs", "Destination": "/t"}])) == []
    assert reasons_to_stay(inspect(Mounts=[VOLUME]), frozenset({"data"})) == []


def test_its_owner_may_accept_empty_volumes() -> None:
    always = {"Config": {"Labels": {MOVE: "always"}}}
    kept = {"AutoRemove": True, "Devices": [{"PathOnHost": "/dev/kvm"}]}
    assert reasons_to_stay(inspect(Mounts=[BIND, VOLUME], HostConfig=kept, **always)) == []
    tied = inspect(HostConfig={"NetworkMode": "container:x"}, **always)
    assert len(reasons_to_stay(tied)) == 1


def test_of_a_lost_node_partners_and_rm_are_no_reason() -> None:
    host = {"Links": ["/db:/web/db"], "AutoRemove": True}
    assert reasons_to_stay(inspect(HostConfig=host), lost=True) == []
    assert reasons_to_stay(inspect(Mounts=[VOLUME]), lost=True)
