"""Images from engine to engine: what one saves the other loads, and who breaks off ends both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.holders import latest
from swarmd.core.build import DISTRIBUTE
from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.manager.images.distribute import SILENCE, Distributor
from swarmd.manager.placer import Placer
from swarmd.scheduler.registry import make_policy
from tests.manager.wired import END, HEAD, Running, Wired, lines

ID = "sha256:" + "a" * 64
SAVED = b"4\r\ntarr\r\n"


class Case:
    """node-1 has the image, node-2 wants it."""

    def __init__(self, engines: int = 2, builds: str = "", digests: tuple[str, ...] = ()) -> None:
        self.rig = Wired(engines)
        self.rig.has_image(1, ID, "app:latest", digests=digests)
        placer = Placer(self.rig.fleet, make_policy("spread"), lambda: 0)
        self.images = Distributor(self.rig.fleet, placer, builds)

    def bring(self, ref: str = "app") -> Running:
        return Running(self.images.bring(ref, self.rig.engine(2)))

    def sent(self, number: int) -> bytes:
        end = self.rig.end(number)
        return bytes(end.wire.sent) if end.connections else b""


def test_streamed_from_one_to_the_other() -> None:
    case = Case()
    running = case.bring()
    assert case.sent(1).startswith(b"GET /v1.41/images/get?names=app%3Alatest HTTP/1.1\r\n")
    assert case.sent(2).startswith(b"POST /v1.41/images/load?quiet=1 HTTP/1.1\r\n")
    case.rig.end(1).answers(HEAD + SAVED)
    assert case.sent(2).endswith(SAVED) and not running.done
    case.rig.end(1).answers(END)
    assert case.sent(2).endswith(SAVED + END)
    case.rig.end(2).answers(HEAD + lines({"stream": "Loaded image: app:latest"}) + END)
    assert "images" in case.rig.engine(2).stale


def test_the_loading_engine_sets_the_pace() -> None:
    case = Case()
    case.bring()
    case.rig.end(2).wire.producer.pauseProducing()
    case.rig.end(1).answers(HEAD + SAVED)
    assert case.rig.end(1).wire.paused
    case.rig.end(2).wire.producer.resumeProducing()
    assert not case.rig.end(1).wire.paused


def test_once_for_all_who_ask() -> None:
    case = Case()
    case.bring()
    case.bring()
    assert len(case.rig.end(1).connections) == len(case.rig.end(2).connections) == 1


@pytest.mark.parametrize("digests", [(), ("app@sha256:" + "b" * 64,)])
def test_not_what_is_there_or_can_be_pulled(digests: tuple[str, ...]) -> None:
    case = Case(digests=digests)
    if not digests:
        case.rig.has_image(2, ID, "app:latest")
    assert case.bring().results == [None]
    assert not case.rig.end(1).connections


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("library/app", "library/app:latest"),  # one tag of it, not all
        ("app:latest", "app:latest"),
        (ID, ID),
        ("aaaa", "aaaa"),
    ],
)
def test_by_any_name(ref: str, name: str) -> None:
    """By an ID also what a registry has, for by that nobody can pull it."""
    case = Case(digests=() if "app" in ref else ("app@sha256:" + "b" * 64,))
    case.bring(ref)
    asked = f"GET /v1.41/images/get?names={quote(name, safe='')} HTTP/1.1\r\n"
    assert case.sent(1).startswith(asked.encode())


def test_a_copy_of_what_the_name_meant_before_is_replaced() -> None:
    case = Case()
    old = {"Id": "sha256:" + "c" * 64, "RepoTags": ["app:latest"], "Created": 5}
    case.rig.fleet.dispatch(ImagesListed(case.rig.engine(2).key, [old]))
    case.rig.fleet.dispatch(ImagesListed(case.rig.engine(1).key, [{**old, "Id": ID}]))
    assert case.bring().results == [None]
    new = {**old, "Id": ID, "Created": 6}
    # The builder has the old one, too, without its name.
    case.rig.fleet.dispatch(ImagesListed(case.rig.engine(1).key, [new, {**old, "RepoTags": []}]))
    assert not case.bring().done
    assert case.sent(1).startswith(b"GET /v1.41/images/get?names=app%3Alatest HTTP/1.1\r\n")
    assert case.sent(2).startswith(b"POST /v1.41/images/load?quiet=1 HTTP/1.1\r\n")


def test_another_architecture_keeps_what_the_name_means_there() -> None:
    case = Case()
    arm = case.rig.engine(2)
    arm.spec = replace(arm.spec, architecture="aarch64")
    for number, created in ((2, 5), (1, 6)):
        entry = {"Id": f"sha256:{number:064}", "RepoTags": ["app:latest"], "Created": created}
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(number).key, [entry]))
    assert case.bring().results == [None]
    assert not case.rig.end(1).connections


def test_what_a_registry_may_have_is_copied() -> None:
    """In a containerd store every image has its own digest, whether it was pulled or built."""
    case = Case(digests=(f"app@{ID}",))
    case.bring()
    assert case.sent(1).startswith(b"GET /v1.41/images/get?names=app%3Alatest HTTP/1.1\r\n")


def test_not_from_a_lost_node() -> None:
    case = Case()
    case.rig.lose(1)
    assert case.bring().results == [None]


class TestFailures:
    def test_the_saving_engine_refuses(self) -> None:
        case = Case()
        running = case.bring()
        case.rig.end(1).answers(
            b'HTTP/1.1 404 Not Found\r\nContent-Length: 21\r\n\r\n{"message":"no such"}'
        )
        assert isinstance(running.error, EngineRefused)
        assert str(running.error) == "copying image app from node-1 to node-2: no such"
        assert case.rig.end(2).wire.aborted

    def test_the_saving_engine_dies(self) -> None:
        case = Case()
        running = case.bring()
        case.rig.end(1).answers(HEAD + SAVED)
        case.rig.end(1).dies()
        assert isinstance(running.error, EngineUnreachable) and "node-1" in str(running.error)
        assert case.rig.end(2).wire.aborted
        assert not case.sent(2).endswith(END), "half an image must not look whole"

    def test_the_loading_engine_dies(self) -> None:
        case = Case()
        running = case.bring()
        case.rig.end(2).dies()
        assert isinstance(running.error, EngineUnreachable) and "node-2" in str(running.error)
        assert case.rig.end(1).wire.aborted

    def test_an_error_that_comes_as_progress(self) -> None:
        case = Case()
        running = case.bring()
        case.rig.end(1).answers(HEAD + SAVED + END)
        case.rig.end(2).answers(HEAD + lines({"error": "disk full"}) + END)
        assert str(running.error) == "copying image app from node-1 to node-2: disk full"

    def test_an_engine_that_says_nothing(self) -> None:
        case = Case()
        running = case.bring()
        case.rig.clock.advance(SILENCE + 1)
        assert isinstance(running.error, EngineUnreachable)


class TestAfterBuilds:
    def spread(self, wish: str, builds: str = "", **image: Any) -> Case:
        case = Case(3, builds)
        before = case.images.refs(case.rig.engine(1))
        labels = {DISTRIBUTE: wish} if wish else {}
        item = {"Id": "sha256:" + "c" * 64, "RepoTags": ["new:1"], "Labels": labels, **image}
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(1).key, [item]))
        Running(case.images.spread(case.rig.engine(1), before))
        return case

    @pytest.mark.parametrize(
        ("wish", "builds", "nodes"),
        [
            ("", "", set()),
            ("all", "", {2, 3}),
            ("node==node-3", "", {3}),
            ('["node!=node-3"]', "", {2}),
            ("node==node-9", "", set()),
            ("no expression", "", set()),
            ("", "all", {2, 3}),
            ("node==node-2", "all", {2}),
        ],
    )
    def test_where_label_or_option_say(self, wish: str, builds: str, nodes: set[int]) -> None:
        case = self.spread(wish, builds)
        reached = {number for number in (2, 3) if case.rig.end(number).connections}
        # One after the other: the second begins when the first has ended.
        assert reached == ({min(nodes)} if nodes else set())

    def test_the_name_means_what_was_built_last_however_old_its_layers_are(self) -> None:
        """BuildKit tags in silence, and what comes from its cache is older than a copy."""
        case = Case(3)
        copied = {"Id": "sha256:" + "e" * 64, "RepoTags": ["new:1"], "Created": 9}
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(2).key, [copied]))
        cached = {**copied, "Id": "sha256:" + "c" * 64, "Created": 5}
        before = case.images.refs(case.rig.engine(1))
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(1).key, [cached]))
        engines = list(case.rig.fleet.state.engines.values())
        assert latest(engines, "new:1") == [case.rig.engine(2)]
        Running(case.images.spread(case.rig.engine(1), before))
        assert latest(engines, "new:1") == [case.rig.engine(1)]

    def test_what_was_pulled_meanwhile_is_no_build(self) -> None:
        case = self.spread("", "all", RepoDigests=["new@sha256:" + "d" * 64])
        assert not case.rig.end(2).connections
