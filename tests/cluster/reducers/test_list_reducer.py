from __future__ import annotations

import pytest

from swarmd.cluster.actions import (
    EngineUnlisted,
    ImageShown,
    ImagesListed,
    NetworksListed,
    VolumesListed,
)
from swarmd.cluster.state import State
from swarmd.core.names import PLACEHOLDER
from tests.cluster.fleet import fleet, happened, join, key_of

KEY = key_of(1)


def test_a_list_replaces_the_one_before() -> None:
    state = fleet(1)
    engine = state.engines[KEY]
    old = {"Id": "sha256:1", "RepoTags": ["a:1"], "RepoDigests": ["a@sha256:2"]}
    state.dispatch(ImagesListed(KEY, [old]))
    assert engine.image_refs == {"a:1": "sha256:1", "a@sha256:2": "sha256:1"}
    state.dispatch(ImagesListed(KEY, [{"Id": "sha256:3", "RepoTags": ["a:1"]}]))
    assert set(engine.images) == {"sha256:3"} and engine.image_refs == {"a:1": "sha256:3"}


def test_what_cannot_be_understood_is_told_and_the_rest_serves() -> None:
    state = fleet(1)
    engine = state.engines[KEY]
    state.dispatch(NetworksListed(KEY, [{"Id": "n1", "Name": "net"}, {"Id": 5}]))
    assert set(engine.networks) == {"n1"}
    state.dispatch(VolumesListed(KEY, [{}, {"Name": "v"}], ["driver nfs is down"]))
    assert set(engine.volumes) == {"v"}
    assert engine.warnings == (
        "1 of its networks could not be understood",
        "driver nfs is down",
        "1 of its volumes could not be understood",
    )


def test_an_answer_settles_what_happened_before_its_question() -> None:
    state = fleet(1)
    engine = state.engines[KEY]
    happened(state, 1, "create", at=5.0, kind="volume")
    state.dispatch(VolumesListed(KEY, [], at=4.0))
    assert engine.stale == {"volumes"}
    state.dispatch(VolumesListed(KEY, [], at=5.0))
    assert engine.stale == set()


def test_marks_made_by_a_request() -> None:
    clock = [7.0]
    state = State(lambda: clock[0])
    engine = join(state)
    state.mark_stale(KEY, "images")
    state.dispatch(ImagesListed(KEY, [], at=6.0))
    assert engine.stale == {"images"}
    state.dispatch(ImagesListed(KEY, []))
    assert engine.stale == set()


def test_an_engine_that_leaves_leaves_no_marks() -> None:
    state = fleet(1)
    state.mark_stale(KEY, "images")
    state.dispatch(EngineUnlisted(KEY))
    engine = join(state)
    state.dispatch(ImagesListed(KEY, [], at=-1.0))
    assert engine.stale == set()


def test_a_volume_that_was_made_outlasts_the_lists_that_were_asked_for_before() -> None:
    clock = [7.0]
    state = State(lambda: clock[0])
    engine = join(state)
    state.index.refresh()
    state.volume_made(KEY, {"Name": "v", "Driver": "local"})
    state.volume_made(KEY, {"Name": 5})
    state.volume_made("nobody", {"Name": "v"})
    assert set(engine.volumes) == {"v"}
    state.index.refresh()
    assert state.index.engines(state.index.volumes.of("v")) == [engine]
    state.dispatch(VolumesListed(KEY, [{"Name": "old"}], at=6.0))
    assert set(engine.volumes) == {"old", "v"}
    state.dispatch(VolumesListed(KEY, [{"Name": "old"}], at=8.0))
    assert set(engine.volumes) == {"old"}
    state.dispatch(VolumesListed(KEY, [], at=9.0))
    assert set(engine.volumes) == set()


def test_a_volume_that_was_made_goes_with_its_engine() -> None:
    state = fleet(1)
    state.volume_made(KEY, {"Name": "v"})
    state.dispatch(EngineUnlisted(KEY))
    engine = join(state)
    state.dispatch(VolumesListed(KEY, [], at=-1.0))
    assert set(engine.volumes) == set()


def test_a_removed_image_is_gone_whatever_a_list_of_before_says() -> None:
    clock = [7.0]
    state = State(lambda: clock[0])
    join(state, 1)
    engine = state.engines[KEY]
    both = [
        {"Id": "sha256:1", "RepoTags": ["a:1", "a:2"], "RepoDigests": ["a@sha256:2"]},
        {"Id": "sha256:3", "RepoTags": ["b:1"]},
    ]
    state.dispatch(ImagesListed(KEY, both, at=1.0))
    state.images_gone(KEY, ["a:1", "a@sha256:2", "sha256:3", "x" * 1000])
    for at in (5.0, 6.0):  # lists that were asked for before
        assert engine.image_refs == {"a:2": "sha256:1"} and set(engine.images) == {"sha256:1"}
        state.dispatch(ImagesListed(KEY, both, at=at))
    assert engine.image_refs == {"a:2": "sha256:1"}
    state.dispatch(ImagesListed(KEY, both, at=8.0))
    assert set(engine.images) == {"sha256:1", "sha256:3"}, "it was made anew"


def test_an_answer_that_was_overtaken_is_no_news() -> None:
    state = fleet(1)
    engine = state.engines[KEY]
    new, old = {"Id": "sha256:1", "RepoTags": ["new:1"]}, {"Id": "sha256:2", "RepoTags": ["old:1"]}
    state.dispatch(ImagesListed(KEY, [new], at=5.0))
    state.dispatch(ImagesListed(KEY, [old], at=4.0))
    assert engine.image_refs == {"new:1": "sha256:1"}
    state.dispatch(ImagesListed(KEY, [old], at=6.0))
    assert engine.image_refs == {"old:1": "sha256:2"}


class TestOneImage:
    """What is told of one image, while a list of all is slow."""

    def _state(self) -> State:
        self.clock = [1.0]
        state = State(lambda: self.clock[0])
        self.engine = join(state)
        rows = [{"Id": "sha256:1", "RepoTags": ["a:1"], "Size": 7}, {"Id": "sha256:2"}]
        state.dispatch(ImagesListed(KEY, rows, at=1.0))
        return state

    def test_a_name_is_there_until_a_list_that_was_asked_for_later(self) -> None:
        state = self._state()
        self.clock[0] = 5.0
        state.images_changed(KEY, ["b:1", "", "x" * 1000])
        assert self.engine.stale == {"images"} and set(self.engine.changed_images) == {"b:1"}
        shown = {"Id": "sha256:1", "RepoTags": ["a:1", "b:1"], "Created": "2026-01-01T00:00:00Z"}
        state.dispatch(ImageShown(KEY, "b:1", shown, 6.0))
        assert not self.engine.changed_images and self.engine.stale == {"images"}
        assert self.engine.image_refs == {"a:1": "sha256:1", "b:1": "sha256:1"}
        assert b'"Size":7' in self.engine.images["sha256:1"].entry, "a list knows more"
        state.dispatch(ImagesListed(KEY, [{"Id": "sha256:1", "RepoTags": ["a:1"]}], at=4.0))
        assert set(self.engine.image_refs) == {"a:1", "b:1"}
        state.dispatch(ImagesListed(KEY, [{"Id": "sha256:1", "RepoTags": ["a:1"]}], at=7.0))
        assert set(self.engine.image_refs) == {"a:1"} and not self.engine.stale

    def test_a_name_moves(self) -> None:
        state = self._state()
        new = {"Id": "sha256:3", "RepoTags": ["a:1"], "Config": {"Labels": {"x": "y"}}}
        state.dispatch(ImageShown(KEY, "a:1", new, 6.0))
        assert self.engine.image_refs == {"a:1": "sha256:3"}
        assert self.engine.images["sha256:1"].tags == ()
        assert self.engine.images["sha256:3"].labels == {"x": "y"}
        self.clock[0] = 7.0
        state.images_gone(KEY, ["sha256:3", "a:1"])
        state.dispatch(ImagesListed(KEY, [], at=5.0))
        assert not self.engine.images, "what was removed after it was shown stays away"

    def test_what_takes_a_name_is_no_image(self) -> None:
        state = self._state()
        state.placeholders.expect("1")
        taker = {"Id": "sha256:3", "RepoTags": ["a:1"], "Config": {"Labels": {PLACEHOLDER: "1"}}}
        state.dispatch(ImageShown(KEY, "a:1", taker, 6.0))
        assert not self.engine.image_refs and "sha256:1" in self.engine.images
        row = {"Id": "sha256:3", "RepoTags": ["a:1"], "Labels": {PLACEHOLDER: "1"}}
        state.dispatch(ImagesListed(KEY, [row, {"Id": "sha256:1"}], at=7.0))
        assert set(self.engine.images) == {"sha256:1"} and not self.engine.image_refs
        happened(state, 1, "tag", 3, at=8.0, kind="image", name="a:1", **{PLACEHOLDER: "1"})
        assert not self.engine.named and "a:1" in self.engine.changed_images

    @pytest.mark.parametrize("code", ["1", "2", ""])
    def test_what_only_says_that_it_takes_a_name_is_an_image(self, code: str) -> None:
        """The label is in a Dockerfile, or inherited from one that swarmd has made."""
        state, labels = self._state(), {PLACEHOLDER: code}
        state.placeholders.expect("1", "sha256:9")
        row = {"Id": "sha256:3", "RepoTags": ["c:1"], "Labels": labels}
        state.dispatch(ImagesListed(KEY, [row], at=7.0))
        shown = {"Id": "sha256:4", "RepoTags": ["d:1"], "Config": {"Labels": labels}}
        state.dispatch(ImageShown(KEY, "d:1", shown, 8.0))
        assert self.engine.image_refs == {"c:1": "sha256:3", "d:1": "sha256:4"}

    def test_what_changed_again_meanwhile_is_asked_for_again(self) -> None:
        state = self._state()
        self.clock[0] = 5.0
        state.images_changed(KEY, ["b:1"])
        state.dispatch(ImageShown(KEY, "b:1", {"Id": "sha256:1", "RepoTags": ["b:1"]}, 4.0))
        assert set(self.engine.changed_images) == {"b:1"}
        state.dispatch(ImagesListed(KEY, [], at=4.5))
        assert set(self.engine.changed_images) == {"b:1"}

    def test_what_is_not_there(self) -> None:
        state = self._state()
        state.dispatch(ImageShown(KEY, "a:1", None, 6.0))
        assert not self.engine.image_refs
        state.dispatch(ImageShown(KEY, "a:1", {"Id": 3}, 6.0))
        assert set(self.engine.images) == {"sha256:1", "sha256:2"}

    def test_there_are_only_so_many(self) -> None:
        state = self._state()
        self.clock[0] = 5.0
        state.images_changed(KEY, [f"b:{number}" for number in range(1000)])
        assert len(self.engine.changed_images) == 32

    def test_events_tell_names(self) -> None:
        state = self._state()
        happened(state, 1, "tag", at=5.0, kind="image", name="busybox:1")
        assert self.engine.changed_images == {"busybox:1": 5.0}
