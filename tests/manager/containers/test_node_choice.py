"""Where a create goes, and that an explanation says the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmd.cluster.actions import ContainerInspected
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.containers.node_choice import NodeChoice
from swarmd.scheduler.refusal import NoCandidate
from tests.cluster.fleet import inspect
from tests.manager.containers.test_create import order
from tests.manager.rig import Rig

HERE = ["constraint:node==node-2"]


def choose(rig: Rig, wish: CreateOrder, *without: str) -> str:
    choice: NodeChoice = rig.creator().choice
    attachments = Attachments(rig.local, wish.config, wish.leaves)
    return choice.choose(wish, attachments, without).engine.name


def asked(rig: Rig, **body: Any) -> tuple[str, str]:
    """The node chosen, and the one that the explanation names."""
    wish = order(**body)
    return choose(rig, wish), rig.creator().choice.explain(wish).chosen


def test_the_schedulers_best() -> None:
    assert asked(Rig(2)) == ("node-1", "node-1")
    assert asked(Rig(2), Env=HERE) == ("node-2", "node-2")


def test_a_network_that_is_nobodys_follows() -> None:
    rig = Rig(2)
    rig.has_network(1, "n" * 64, "app", Driver="bridge")
    assert asked(rig, HostConfig={"NetworkMode": "app"}) == ("node-1", "node-1")
    assert asked(rig, Env=HERE, HostConfig={"NetworkMode": "app"}) == ("node-2", "node-2")


def test_a_projects_own_network_follows_to_its_older_things() -> None:
    rig = Rig(2)
    rig.has_network(1, "n" * 64, "project_default", Driver="bridge")
    rig.has_volume(2, "older")
    mounts = {"NetworkMode": "project_default", "Binds": ["older:/data"]}
    assert asked(rig, HostConfig=mounts) == ("node-2", "node-2")
    rig.has_network(2, "o" * 64, "old", Driver="bridge")
    rig.has_container(2, "a" * 64, "there", NetworkSettings={"Networks": {"old": {}}})
    both = {"EndpointsConfig": {"project_default": {}, "old": {}}}
    join = {"HostConfig": {"NetworkMode": "project_default"}, "NetworkingConfig": both}
    assert asked(rig, **join) == ("node-2", "node-2")
    user = {"Networks": {"project_default": {}}}
    rig.has_container(1, "b" * 64, "first", NetworkSettings=user)
    with pytest.raises(NoCandidate, match="network old keeps what uses it on node-2: constraint:"):
        asked(rig, **join)


def test_an_image_that_no_registry_has_draws_to_its_node() -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "e" * 64, "own:1")
    assert asked(rig, Image="own:1") == ("node-2", "node-2")
    elsewhere = ["constraint:node==node-1"]
    assert asked(rig, Image="own:1", Env=elsewhere) == ("node-1", "node-1")


def test_an_image_that_a_registry_may_have_draws_only_when_it_can_not_be_copied() -> None:
    rig = Rig(2)
    image = "sha256:" + "e" * 64
    rig.has_image(2, image, "own:1", digests=[f"own@{image}"])
    rig.has_container(2, "a" * 64, "there")
    assert asked(rig, Image="own:1") == ("node-1", "node-1")
    assert choose(rig, order(Image="own:1"), rig.engine(1).key) == "node-2"


@pytest.mark.parametrize("image", ["e" * 64, "sha256:" + "e" * 64, "eeee", "sha256:eee"])
def test_by_its_id_no_registry_has_an_image(image: str) -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "e" * 64, "app:1", digests=["app@sha256:" + "d" * 64])
    rig.has_container(2, "a" * 64, "there")
    assert asked(rig, Image="library/app:1") == ("node-1", "node-1")
    assert asked(rig, Image=image) == ("node-2", "node-2")


def test_nowhere_is_explained_too() -> None:
    rig = Rig(2)
    wish = order(Env=["constraint:node==node-9"])
    with pytest.raises(NoCandidate) as refusal:
        choose(rig, wish)
    found = rig.creator().choice.explain(wish)
    assert (found.chosen, found.error) == ("", refusal.value.message)


# Full nodes: see tests/manager/rig.py, 4 CPUs and 4 GiB each

GIB = 1 << 30
NET = {"NetworkMode": "app"}
COMPOSE = {
    f"com.docker.compose.{key}": value
    for key, value in {"project": "p", "service": "web", "container-number": "1"}.items()
}


def has(rig: Rig, number: int, name: str, state: str = "running", **host: Any) -> None:
    """A container that holds what ``host`` says."""
    body = inspect(1, name, Id=name * 64, State__Status=state, HostConfig=host)
    rig.has_container(number, name * 64, name, State=state)
    rig.clock.advance(1)
    at = rig.clock.seconds()
    rig.fleet.dispatch(ContainerInspected(rig.engine(number).key, body, at))


def port(number: int) -> dict[str, Any]:
    return {"PortBindings": {"80/tcp": [{"HostPort": str(number)}]}}


def chosen(rig: Rig, name: str = "new", **body: Any) -> str:
    wish = order(name, **body)
    node = choose(rig, wish)
    assert rig.creator().choice.explain(wish).chosen == node
    return node


@pytest.mark.parametrize("state", ["running", "created"])
def test_a_port_that_is_held_everywhere_is_refused_where_there_is_a_choice(state: str) -> None:
    rig = Rig(2)
    has(rig, 1, "a", **port(80))
    assert chosen(rig, HostConfig=port(80)) == "node-2"
    has(rig, 2, "b", state, **port(80))
    with pytest.raises(NoCandidate, match="node-1, node-2: port 80/tcp is in use"):
        chosen(rig, HostConfig=port(80))


def test_two_nodes_that_are_left_are_a_choice() -> None:
    rig = Rig(3)
    for number, name in ((1, "a"), (2, "b")):
        has(rig, number, name, **port(80))
    with pytest.raises(NoCandidate):
        chosen(rig, Env=["constraint:node!=node-3"], HostConfig=port(80))


@pytest.mark.parametrize(
    "host", [port(80), {"Memory": 3 * GIB}, {"NanoCpus": 3 * 10**9}, {"CpuQuota": 300_000}]
)
def test_where_a_network_leaves_one_node_the_start_decides(host: dict[str, Any]) -> None:
    rig = Rig(2)
    rig.has_network(1, "n" * 64, "app", Driver="bridge")
    has(rig, 1, "a", **NET, **host)
    rig.has_container(1, "b" * 64, "b", NetworkSettings={"Networks": {"app": {}}})
    assert chosen(rig, HostConfig={**host, **NET}) == "node-1"
    assert chosen(rig, HostConfig=host) == "node-2"


def test_a_constraint_leaves_one_node_too() -> None:
    rig = Rig(2)
    has(rig, 2, "a", Memory=3 * GIB)
    assert chosen(rig, Env=HERE, HostConfig={"Memory": 3 * GIB}) == "node-2"


def test_what_a_node_does_not_have_at_all_is_refused_at_once() -> None:
    rig = Rig(2)
    with pytest.raises(NoCandidate, match="no resources available"):
        chosen(rig, Env=HERE, HostConfig={"Memory": 5 * GIB})


def test_memory_is_kept_free_where_there_is_a_choice() -> None:
    rig = Rig(2)
    has(rig, 1, "a", Memory=3 * GIB)
    has(rig, 2, "b", "created", Memory=3 * GIB)
    with pytest.raises(NoCandidate, match="1 GiB of 4 GiB of memory are free"):
        chosen(rig, HostConfig={"Memory": 3 * GIB})


@pytest.mark.parametrize("host", [port(80), {"Memory": 3 * GIB}, {"NanoCpus": 3 * 10**9}])
def test_what_it_replaces_is_as_good_as_gone(host: dict[str, Any]) -> None:
    rig = Rig(2)
    has(rig, 2, "a", **host)
    rig.has_container(2, "a" * 64, "p-web-1", Labels=COMPOSE)
    assert chosen(rig, HostConfig=host) == "node-1"
    assert chosen(rig, Labels=COMPOSE, HostConfig=host) == "node-2"
    assert rig.engine(2).tally.total == 1, "it is there all the same"


def test_where_its_old_place_is_too_small_it_goes_elsewhere() -> None:
    rig = Rig(2)
    has(rig, 2, "a", Memory=GIB)
    rig.has_container(2, "a" * 64, "p-web-1", Labels=COMPOSE)
    has(rig, 2, "b", Memory=2 * GIB)
    assert chosen(rig, Labels=COMPOSE, HostConfig={"Memory": 3 * GIB}) == "node-1"
    rig.lose(1)
    assert chosen(rig, Labels=COMPOSE, HostConfig={"Memory": 3 * GIB}) == "node-2"


def test_who_must_leave_a_node_gets_no_full_one() -> None:
    rig = Rig(2)
    has(rig, 1, "a", **port(80))
    has(rig, 2, "b", **port(80))
    old = rig.state.containers["a" * 64]
    wish = replace(order("a", Env=HERE, HostConfig=port(80)), replaces=old)
    with pytest.raises(NoCandidate, match="port 80/tcp is in use"):
        choose(rig, wish)


def test_replicas_that_keep_apart_can_be_replaced() -> None:
    rig = Rig(2)
    for number, name in ((1, "a"), (2, "b")):
        labels = {**COMPOSE, "com.docker.compose.container-number": str(number)}
        rig.has_container(number, name * 64, f"p-web-{number}", Labels=labels)
    apart = ["affinity:com.docker.compose.service!=web"]
    assert chosen(rig, Labels=COMPOSE, Env=apart) == "node-1"


@pytest.mark.parametrize(
    "near",
    [
        f"affinity:container=={'b' * 64}",
        "affinity:container==p-web-1",
        "affinity:container==p-*",
        "affinity:com.docker.compose.service==web",
    ],
)
def test_what_wants_to_be_where_the_replaced_one_is_goes_there(near: str) -> None:
    """As Compose 1.29 asks for it where there are volumes."""
    rig = Rig(2)
    rig.has_container(2, "b" * 64, "p-web-1", Labels=COMPOSE)
    assert chosen(rig, Labels=COMPOSE, Env=[near]) == "node-2"
    with pytest.raises(NoCandidate, match="has no container"):
        chosen(rig, Labels=COMPOSE, Env=[near, "constraint:node==node-1"])
    assert rig.engine(2).tally.leaving is None


def test_a_project_on_the_bridge_stays_together_while_there_is_room() -> None:
    rig = Rig(2)
    rig.has_container(2, "a" * 64, "p-db-1", Labels={**COMPOSE, "com.docker.compose.service": "db"})
    assert chosen(rig) == "node-1"
    assert chosen(rig, Labels=COMPOSE) == "node-2"
    assert chosen(rig, Labels=COMPOSE, Env=["constraint:node==node-1"]) == "node-1"
    has(rig, 2, "b", **port(80))
    assert chosen(rig, Labels=COMPOSE, HostConfig=port(80)) == "node-1"
