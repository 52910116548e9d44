"""Where an image comes from that a node lacks, and who is asked next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster.actions import ImagesListed
from swarmd.core.errors import ApiError
from swarmd.manager.images.copying import supply
from swarmd.manager.images.copying.supply import REFUSED, Supply, digest_of
from tests.manager.rig import Rig
from tests.manager.wired import Running

ID, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
DIGEST = "app@sha256:" + "d" * 64
BY_MANIFEST = f"app@{ID}"  # as every image of a containerd store has it


class Case:
    """Copies and pulls are told, and end when the test says so.

    Attributes:
        begun: "node-1 > node-2" for a copy, "DIGEST > node-2" for a pull.
    """

    def __init__(self, engines: int = 3) -> None:
        self.rig = Rig(engines)
        self.supply = Supply(self.rig.fleet)
        self.begun: list[str] = []
        self.ends: list[Deferred[None]] = []
        self.rig.on_all("GET", "/images/json", (200, []))
        self.rig.on_all("POST", "/images/.*/tag", (201, b""))

    def has(self, number: int, image: str = ID, created: int = 0, **item: Any) -> None:
        entry = {"Id": image, "RepoTags": ["app:latest"], "Created": created, **item}
        self.rig.fleet.dispatch(ImagesListed(self.rig.engine(number).key, [entry]))

    def bring(self, ref: str = "app", to: int = 3) -> Running:
        def copy(_: Any, ref: str, source: Any, to: Any) -> Any:
            return self._way(f"{source.name} > {to.name}")

        def pull(_: Any, digest: str, to: Any) -> Any:
            return self._way(f"{digest} > {to.name}")

        with patch.object(supply, "Copy", copy), patch.object(supply, "AnonymousPull", pull):
            self._patched = (copy, pull)
            return Running(self.supply.bring(ref, self.rig.engine(to)))

    def _way(self, what: str) -> Any:
        self.begun.append(what)
        end: Deferred[None] = Deferred()
        self.ends.append(end)

        class Way:
            async def run(self) -> None:
                await end

        return Way()

    def fails(self) -> None:
        """The way that is under way; what comes next begins."""
        copy, pull = self._patched
        with patch.object(supply, "Copy", copy), patch.object(supply, "AnonymousPull", pull):
            self.ends[-1].errback(ApiError(f"{self.begun[-1]} failed"))


def test_what_is_there_or_nowhere() -> None:
    case = Case()
    assert case.bring().results == [None]
    case.has(1)
    case.has(3)
    assert case.bring().results == [None] and not case.begun


def test_from_a_node_that_has_it() -> None:
    case = Case()
    case.has(1)
    running = case.bring()
    assert case.begun == ["node-1 > node-3"] and not running.done
    case.ends[0].callback(None)
    assert running.results == [None] and case.rig.wire(3).asked == [("GET", "/images/json")]


def test_once_for_all_who_ask_and_on_if_one_leaves() -> None:
    case = Case()
    case.has(1)
    running = [case.bring("library/app"), case.bring("app:latest")]
    running[0].deferred.cancel()
    assert case.begun == ["node-1 > node-3"]
    case.ends[0].callback(None)
    assert running[1].results == [None]


def test_the_next_holder_is_asked() -> None:
    case = Case()
    case.has(1)
    case.has(2)
    running = case.bring()
    case.fails()
    assert case.begun == ["node-1 > node-3", "node-2 > node-3"]
    case.fails()
    assert str(running.error) == "node-1 > node-3 failed\nnode-2 > node-3 failed"


def test_from_its_registry_and_it_gets_its_name() -> None:
    case = Case()
    case.has(1, RepoDigests=[DIGEST])
    running = case.bring()
    assert case.begun == [f"{DIGEST} > node-3"]
    case.ends[0].callback(None)
    assert running.results == [None]
    tag = f"/v1.41/images/{DIGEST}/tag?repo=app&tag=latest"
    assert case.rig.wire(3).asked[0] == ("POST", tag)


def test_else_from_the_node_and_the_registry_is_left_alone_for_a_while() -> None:
    case = Case()
    case.has(1, RepoDigests=[DIGEST])
    case.bring()
    case.fails()
    assert case.begun == [f"{DIGEST} > node-3", "node-1 > node-3"]
    case.ends[-1].callback(None)
    case.bring()
    assert case.begun[2:] == ["node-1 > node-3"]
    case.ends[-1].callback(None)
    case.rig.clock.advance(REFUSED)
    case.bring()
    assert case.begun[3:] == [f"{DIGEST} > node-3"]


def test_what_a_registry_may_have_is_copied_first() -> None:
    """In a containerd store every image has its own digest, whether it was pulled or built."""
    case = Case()
    case.has(1, RepoDigests=[BY_MANIFEST])
    case.bring()
    case.fails()
    assert case.begun == ["node-1 > node-3", f"{BY_MANIFEST} > node-3"]


def test_what_the_name_meant_before_is_replaced() -> None:
    """Also what was pulled: this node missed the last pull."""
    case = Case()
    case.has(3, OTHER, 5, RepoDigests=["app@sha256:" + "e" * 64])
    case.has(1, ID, 5, RepoDigests=[DIGEST])
    assert case.bring().results == [None]
    case.has(1, ID, 6, RepoDigests=[DIGEST])
    assert not case.bring().done and case.begun == [f"{DIGEST} > node-3"]


def test_one_image_in_two_kinds_of_stores_is_not_replaced() -> None:
    case = Case()
    case.has(1, OTHER, 5, RepoDigests=[BY_MANIFEST])
    case.has(3, ID, 5, RepoDigests=[BY_MANIFEST])
    case.rig.state.image_named(case.rig.engine(1).key, "app:latest", OTHER, 99.0)
    assert case.bring().results == [None]


def test_its_own_architecture_first() -> None:
    case = Case()
    for number in (1, 2):
        case.has(number)
    arm = case.rig.engine(1)
    arm.spec = replace(arm.spec, architecture="aarch64")
    case.bring()
    assert case.begun == ["node-2 > node-3"]


def test_another_architecture_keeps_what_the_name_means_there() -> None:
    case = Case()
    arm = case.rig.engine(3)
    arm.spec = replace(arm.spec, architecture="aarch64")
    case.has(3, OTHER, 5)
    case.has(1, ID, 6)
    assert case.bring().results == [None] and not case.begun


def test_not_from_a_lost_node() -> None:
    case = Case()
    case.has(1)
    case.rig.lose(1)
    assert case.bring().results == [None]


@pytest.mark.parametrize(
    ("ref", "digest"),
    [
        ("app", DIGEST),
        ("docker.io/library/app:2", DIGEST),
        ("other:1", ""),  # a tag of its own, under which no registry has it
        (DIGEST, DIGEST),
        ("app:1@" + DIGEST.partition("@")[2], DIGEST),
        (ID, ""),
    ],
)
def test_digests(ref: str, digest: str) -> None:
    case = Case(1)
    case.has(1, RepoDigests=["elsewhere@sha256:" + "c" * 64, DIGEST])
    assert digest_of(case.rig.engine(1).images[ID], ref) == digest
