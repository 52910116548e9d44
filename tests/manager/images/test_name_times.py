from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cluster.images.holders import latest
from swarmd.core.errors import EngineUnreachable
from swarmd.manager.images.name_times import PAUSE, NameTimes
from tests.manager.rig import NOW, Rig

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def tagged(rig: Rig, number: int, image: str, when: str | None) -> None:
    shown = {"Id": image, "Metadata": {"LastTagTime": when}}
    rig.wire(number).on("GET", f"/images/{image}/json", (200, shown))


def started(*images: tuple[int, str, str | None]) -> Rig:
    """On each engine an image with the name, and when the engine says that it was tagged."""
    rig = Rig(len(images))
    NameTimes(rig.fleet)
    for number, image, when in images:
        rig.has_image(number, image, "app:1")
        tagged(rig, number, image, when)
    rig.clock.advance(PAUSE)
    return rig


def asked(rig: Rig, number: int) -> int:
    return len(rig.wire(number).asked)


def test_the_name_is_that_of_what_was_tagged_last() -> None:
    rig = started(
        (1, OLD, "2026-11-30T15:13:50.594309636Z"),
        (2, NEW, "2026-11-30T15:13:49.594309636Z"),
        (3, OLD, "0001-01-01T00:00:00Z"),
    )
    assert latest(rig.fleet.healthy(), "app:1") == [rig.engine(1), rig.engine(3)]
    assert rig.engine(1).named["app:1"][0] == OLD and not rig.engine(3).named
    rig.has_image(1, OLD, "app:1", "more:1")
    rig.clock.advance(PAUSE)
    assert [asked(rig, number) for number in (1, 2, 3)] == [1, 1, 1]


def test_what_names_one_image_is_asked_of_nobody() -> None:
    rig = started((1, OLD, None), (2, OLD, None))
    assert not asked(rig, 1) and not asked(rig, 2)


def test_what_was_seen_is_known_better() -> None:
    rig = started((1, OLD, None))
    rig.add(2)
    rig.fleet.state.image_named(rig.engine(2).key, "app:1", NEW, NOW)
    rig.has_image(2, NEW, "app:1")
    rig.clock.advance(PAUSE)
    assert asked(rig, 1) == 1 and not asked(rig, 2)
    assert rig.engine(2).named == {"app:1": (NEW, NOW)}


def test_a_name_that_moved_in_silence_is_asked_for_again() -> None:
    rig = started((1, OLD, None), (2, NEW, None))
    tagged(rig, 1, OLD, "2026-11-30T15:13:50Z")
    for image in (NEW, OLD):
        rig.has_image(1, image, "app:1")
        rig.clock.advance(PAUSE)
    assert rig.engine(1).named["app:1"][0] == OLD


@pytest.mark.parametrize("text", [None, 7, "", "yesterday", "0001-01-01T00:00:00Z"])
def test_what_tells_no_time(text: Any) -> None:
    rig = started((1, OLD, text), (2, NEW, text))
    assert not rig.engine(1).named and asked(rig, 1) == 1


def test_one_that_does_not_answer_has_another_chance() -> None:
    rig = started((1, OLD, None), (2, NEW, None))
    rig.has_image(1, NEW, "app:1")
    rig.wire(1).on("GET", f"/images/{NEW}/json", EngineUnreachable("node-1", "lost"))
    rig.has_image(2, OLD, "app:1")
    rig.clock.advance(PAUSE)
    tagged(rig, 1, NEW, "2026-11-30T15:13:50Z")
    rig.has_image(1, NEW, "app:1", "b:1")
    rig.clock.advance(PAUSE)
    assert rig.engine(1).named["app:1"][0] == NEW


def test_what_is_seen_meanwhile_is_known_better() -> None:
    """The name has moved on, and the answer is about what it was before."""
    rig = Rig(2)
    NameTimes(rig.fleet)
    rig.has_image(2, NEW, "app:1")
    rig.wire(2).on("GET", f"/images/{NEW}/json", (200, {}))
    answer: Deferred[Any] = Deferred()
    rig.wire(1).on("GET", f"/images/{OLD}/json", lambda target, body: answer)
    rig.has_image(1, OLD, "app:1")
    rig.clock.advance(PAUSE)
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, NOW)
    answer.callback((200, {"Metadata": {"LastTagTime": "2026-11-30T15:13:50Z"}}))
    assert rig.engine(1).named == {"app:1": (NEW, NOW)}


def test_what_was_seen_may_be_ahead_of_the_list() -> None:
    rig = started((1, OLD, None))
    rig.fleet.state.image_named(rig.engine(1).key, "app:1", NEW, NOW)
    rig.state.mark_stale(rig.engine(1).key, "images")
    rig.add(2)
    rig.has_image(2, NEW, "app:1")
    rig.clock.advance(PAUSE)
    assert not asked(rig, 1)
