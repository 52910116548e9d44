"""Where builds, and what belongs to them, go."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import Conflict
from swarmd.core.image.build_request import BuildRequest
from swarmd.core.model import Engine
from swarmd.core.names import KEPT_ID
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.fleet.placer import Placer
from swarmd.scheduler.refusal import NoCandidate
from swarmd.scheduler.registry import make_policy
from tests.manager.rig import Rig, result_of


class Case(Rig):
    def __init__(self, engines: int = 3, **spec: Any) -> None:
        super().__init__(engines, **spec)
        self.builders = Builders(self.fleet, self.clock)
        placer = Placer(self.fleet, make_policy("spread"), lambda: 0)
        self.builds = BuildPlacement(self.fleet, placer, self.builders, self.clock)

    def place(self, client: str = "me", **build: Any) -> Engine:
        return result_of(self.builds.place(BuildRequest(**build), client))


def test_constraints() -> None:
    case = Case()
    assert case.place(constraints=("node==node-2",)).name == "node-2"
    with pytest.raises(NoCandidate):
        case.place(constraints=("node==node-9",))


def test_where_its_images_are() -> None:
    case = Case()
    case.has_image(3, "sha256:" + "a" * 64, "app:latest")
    assert case.place(images=("app:latest",)).name == "node-3"
    assert case.place(images=("app:latest",), constraints=("node==node-1",)).name == "node-1"


NET, WEB = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("network", "sent"),
    [
        ("net", "net"),
        (NET, NET),
        ("node-3/net", "net"),
        ("container:web", "container:web"),
        ("container:node-3/web", "container:web"),
        ("container:" + WEB[:12], "container:" + WEB[:12]),
    ],
)
def test_where_the_network_of_its_steps_is(network: str, sent: str) -> None:
    case = Case()
    case.has_network(3, NET, "net")
    case.has_container(3, WEB, "web")
    assert case.place(network=network).name == "node-3"
    assert case.builds.network_of(BuildRequest(network=network)) == sent


def test_a_network_that_was_moved_goes_by_the_id_that_its_engine_knows() -> None:
    case = Case()
    case.has_network(2, NET, "net", Labels={KEPT_ID: "c" * 64})
    assert case.place(network="c" * 64).name == "node-2"
    assert case.builds.network_of(BuildRequest(network="c" * 64)) == NET


@pytest.mark.parametrize("network", ["", "default", "bridge", "host", "none", "nowhere"])
def test_other_networks_say_nothing_of_where(network: str) -> None:
    case = Case()
    assert case.place(network=network, constraints=("node==node-2",)).name == "node-2"
    assert case.builds.network_of(BuildRequest(network=network)) == network


def test_a_platform_is_a_wish() -> None:
    case = Case(architecture="x86_64")
    assert case.place(platform="linux/arm64") in case.fleet.healthy()


def test_buildkit_goes_to_the_clients_builder() -> None:
    case = Case()
    drawn = case.builders.engine("me")
    assert case.place(buildkit=True) is drawn
    other = next(e for e in case.fleet.healthy() if e is not drawn)
    bound = case.place(buildkit=True, constraints=(f"node=={other.name}",))
    assert bound is other


def test_an_upload_follows_its_build() -> None:
    case = Case()
    early: list[Any] = []
    upload = BuildRequest(id="upload-request:b1")
    Deferred.fromCoroutine(case.builds.place(upload, "me")).addBoth(early.append)
    assert early == []
    engine = case.place(id="b1", constraints=("node==node-2",))
    assert early == [engine] and case.builds.engine_of("b1") is engine
    assert case.builds.engine_of("b2") is None


def test_a_session_follows_its_build() -> None:
    case = Case()
    early: list[Any] = []
    Deferred.fromCoroutine(case.builds.session("s1", "me")).addBoth(early.append)
    engine = case.place(session="s1", buildkit=True, constraints=("node==node-3",))
    assert early == [engine] and engine.name == "node-3"


def test_a_session_without_build_goes_to_the_builder_after_a_while() -> None:
    case = Case()
    early: list[Any] = []
    Deferred.fromCoroutine(case.builds.session("s1", "me")).addBoth(early.append)
    case.clock.advance(6)
    assert early == [case.builders.engine("me")]


def test_while_its_client_builds_a_session_does_not_wait() -> None:
    case = Case()
    case.builders.opened("me", case.engine(2))
    assert result_of(case.builds.session("s1", "me")) is case.engine(2)


def test_a_session_that_is_elsewhere_already() -> None:
    case = Case()
    case.place(session="s1", constraints=("node==node-1",))
    assert case.place(session="s1").name == "node-1"
    with pytest.raises(Conflict):
        case.place(session="s1", constraints=("node==node-2",))
