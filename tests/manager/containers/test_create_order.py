from typing import Any

import orjson
import pytest

from swarmd.core.container.container_state import Container
from swarmd.core.container.kept_identity import KeptIdentity, kept_identity
from swarmd.core.errors import Ambiguous, BadParameter
from swarmd.core.names import IDENTITY, KEPT_CONTAINER
from swarmd.manager.containers.create_order import (
    CreateOrder,
    References,
    definite,
    identified,
    placement,
    read_body,
)
from swarmd.scheduler.placement import Placement, PortRange
from tests.manager.rig import Rig


def order(version: tuple[int, int] = (1, 44), platform: str = "", **body: Any) -> CreateOrder:
    decoded, config = read_body(orjson.dumps({"Image": "app", **body}))
    return CreateOrder("web", decoded, config, "", version, platform)


def placed(rig: Rig, **asked: Any) -> Placement:
    return placement(rig.state, order(**asked))


@pytest.mark.parametrize("body", [b"", b"  ", b"{", b"null", b"[]", b'"x"', b"{}"])
def test_bodies_that_no_engine_would_take(body: bytes) -> None:
    with pytest.raises(BadParameter):
        read_body(body)


def test_expressions_ports_and_platform_are_read() -> None:
    host = {"PortBindings": {"80/tcp": [{"HostPort": "8000-8010"}]}, "CpusetCpus": "0-2"}
    asked = {"Env": ["constraint:zone==a", "affinity:image==~app"], "HostConfig": host}
    wanted = placed(Rig(1), platform="linux/arm64", **asked)
    assert [str(one) for one in wanted.constraints] == ["zone==a"]
    assert [one.soft for one in wanted.affinities] == [True]
    assert wanted.port_ranges == (PortRange(8000, 8010),)
    assert (wanted.platform.architecture, wanted.cpuset) == ("arm64", 3)


def test_a_bad_expression_is_refused_with_its_place() -> None:
    with pytest.raises(BadParameter, match="rank=1"):
        placed(Rig(1), Env=["constraint:rank=1"])


@pytest.mark.parametrize(("image", "sent"), [("cafe", "cafe:latest"), ("beef", "beef")])
def test_what_is_a_name_on_one_node_is_no_others_id(image: str, sent: str) -> None:
    rig = Rig(2)
    rig.has_image(1, "sha256:" + "a" * 64, "cafe:latest", "beef:latest")
    rig.has_image(2, "sha256:cafe" + "0" * 60, "other:1")
    named = definite(rig.fleet.state, order(Image=image))
    assert (named.body["Image"], named.config.image) == (sent, sent)


def test_an_ambiguous_reference_is_no_guess() -> None:
    rig = Rig(2)
    rig.has_container(1, "a" * 64, "data")
    rig.has_container(2, "b" * 64, "data")
    with pytest.raises(Ambiguous, match="node-1/data"):
        placed(rig, HostConfig={"VolumesFrom": ["data"]})
    wanted = placed(rig, HostConfig={"VolumesFrom": ["node-2/data"]})
    assert wanted.dependencies[0].engines == {rig.engine(2).key}


def test_references_lose_their_node_only_if_it_is_one() -> None:
    rig = Rig(1)
    config = order(HostConfig={"NetworkMode": "team/net"}).config
    references = References(rig.state, config)
    assert references.plain("node-1/vol") == "vol"
    assert references.plain("team/net") == "team/net"
    assert references.plain("plain") == "plain"


def test_a_client_of_an_old_api_asks_for_no_new_feature() -> None:
    rig = Rig(1, api_max=(1, 41))
    annotated = {"HostConfig": {"Annotations": {"a": "b"}}}
    assert placed(rig, version=(1, 41), **annotated).pins == ()
    (pin,) = placed(rig, version=(1, 44), **annotated).pins
    assert (pin.condition, pin.engines) == ("api>=1.43", frozenset())


def test_what_is_moved_knows_what_it_leaves() -> None:
    assert order().leaves == ""
    moving = CreateOrder("web", {}, order().config, "", (1, 44), replaces=Container("a", "e1"))
    assert moving.leaves == "e1"


@pytest.mark.parametrize("ref", ["app", "n" * 64, "nnnnnnnnnnnn"])
@pytest.mark.parametrize("key", ["NetworkMode", "EndpointsConfig"])
def test_a_network_is_found_by_the_start_of_its_id(ref: str, key: str) -> None:
    """What is sent and what is placed mean the same, whole."""
    rig = Rig(2)
    rig.has_network(2, "n" * 64, "app", Driver="bridge")
    by_mode = key == "NetworkMode"
    asked = {"HostConfig": {key: ref}} if by_mode else {"NetworkingConfig": {key: {ref: {}}}}
    wish = order(**asked)
    whole = "app" if ref == "app" else "n" * 64
    assert placement(rig.state, wish).networks == (whole,)
    assert References(rig.state, wish.config).plain(ref) == whole


LINKS = {"Links": ["db:alias"]}


@pytest.mark.parametrize(
    ("mode", "tied"),
    [("", True), ("default", True), ("bridge", True), ("node-1/bridge", True), ("app", False)],
)
def test_a_link_ties_unless_it_is_an_alias_in_a_network(mode: str, tied: bool) -> None:
    rig = Rig(2)
    rig.has_container(1, "a" * 64, "db")
    rig.has_network(2, "n" * 64, "app", Driver="bridge")
    wanted = placed(rig, HostConfig={**LINKS, "NetworkMode": mode})
    assert bool(wanted.dependencies) is tied


def test_a_swarm_id_of_the_clients_own_comes_with_no_other_containers_id() -> None:
    """Its image may say that the container of this very Swarm ID goes by another's."""
    kept = KeptIdentity("a1" * 32, "own", "ID1", "web").labels()
    body, config = read_body(orjson.dumps({"Image": "x", "Labels": kept}))
    assert body["Labels"] == {IDENTITY: "own"}
    order = CreateOrder("web", body, config, "", (1, 41))
    made = identified(Rig(1).state, order, lambda: "invented")
    assert made.body["Labels"] == {IDENTITY: "own", KEPT_CONTAINER: ""}
    assert kept_identity({**kept, **made.body["Labels"]}) is None


def test_a_container_is_named_to_its_engine_by_the_engines_id() -> None:
    rig = Rig(1)
    own, shown = "a1" * 32, "b2" * 32
    rig.has_container(1, shown, "web")
    rig.has_container(1, "c3" * 32, "db")
    rig.engine(1).ids.put(own, shown)
    for ref, known in (
        (shown, own), (shown[:12], own), ("web", own), ("db", "db"), ("nobody", "nobody")
    ):  # fmt: skip
        host = {"NetworkMode": f"container:{ref}"}
        _, config = read_body(orjson.dumps({"Image": "x", "HostConfig": host}))
        assert References(rig.state, config).plain(ref) == known
