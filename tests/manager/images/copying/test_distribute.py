"""After a build: copied to where its label or the option says."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.images.holders import latest
from swarmd.core.image.build_request import DISTRIBUTE
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.images.copying.distribute import Distributor
from swarmd.manager.images.copying.supply import Supply
from swarmd.scheduler.registry import make_policy
from tests.manager.images.copying.test_copy import SHOWN, answer
from tests.manager.wired import Running, Wired


class Case:
    """node-1 has the image."""

    def __init__(self, engines: int = 2, builds: str = "") -> None:
        self.rig = Wired(engines)
        self.rig.has_image(1, "sha256:" + "a" * 64, "app:latest")
        placer = Placer(self.rig.fleet, make_policy("spread"), lambda: 0)
        self.images = Distributor(self.rig.fleet, placer, Supply(self.rig.fleet), builds)


class TestAfterBuilds:
    def spread(self, wish: str, builds: str = "", **image: Any) -> Case:
        case = Case(3, builds)
        before = case.images.refs(case.rig.engine(1))
        labels = {DISTRIBUTE: wish} if wish else {}
        item = {"Id": "sha256:" + "c" * 64, "RepoTags": ["new:1"], "Labels": labels, **image}
        case.rig.fleet.dispatch(ImagesListed(case.rig.engine(1).key, [item]))
        Running(case.images.spread(case.rig.engine(1), before))
        if case.rig.end(1).connections:
            case.rig.end(1).answers(answer(200, SHOWN))
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

    def test_it_is_told_how_much_is_under_way(self) -> None:
        case, seen = Case(), list[int]()
        images = case.images
        Running(
            images.spread(case.rig.engine(1), frozenset(), lambda _: seen.append(images.under_way))
        )
        assert (seen, images.under_way) == ([1], 0)
