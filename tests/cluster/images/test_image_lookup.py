from __future__ import annotations

import pytest

from swarmd.cluster.actions import ImagesListed
from swarmd.cluster.images.image_lookup import (
    definite_image,
    engines_with_image,
    find_image,
    images_by_id,
    images_named,
    is_misread,
    is_name,
    known_as,
    means_others,
)
from swarmd.cluster.state import State
from swarmd.core.errors import NoSuchImage
from swarmd.core.image.image_reference import InvalidReference
from tests.cluster.fleet import fleet, key_of

ONE, TWO, THREE = ("sha256:" + start * 32 for start in ("ca", "cb", "ca"))
FOUR = "sha256:cafe" + "0" * 60
DIGEST = "sha256:" + "9" * 64


def entry(one: str, *tags: str, digests: tuple[str, ...] = ()) -> dict[str, object]:
    return {"Id": one, "RepoTags": list(tags), "RepoDigests": list(digests)}


@pytest.fixture
def state() -> State:
    """node-1 knows an image by the name of ``cafe``, node-2 another by an ID that begins so."""
    state = fleet(3)
    busybox = entry(ONE, "busybox:latest", digests=(f"busybox@{DIGEST}",))
    state.dispatch(ImagesListed(key_of(1), [busybox, entry(TWO, "reg:5000/app:1", "cafe:latest")]))
    state.dispatch(ImagesListed(key_of(2), [entry(FOUR, "mine:2"), busybox]))
    return state


def names(state: State, ref: str) -> list[str]:
    return sorted(engine.name for engine in engines_with_image(state, ref))


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        *((ref, ONE) for ref in ("busybox", "library/busybox", "index.docker.io/busybox:latest")),
        *((ref, ONE) for ref in (f"busybox@{DIGEST}", f"docker.io/busybox:9@{DIGEST}")),
        *((ref, ONE) for ref in (ONE, ONE[7:], ONE[:12], ONE[7:11])),
        *((ref, TWO) for ref in ("reg:5000/app:1", "cafe", "docker.io/cafe", "cb", "sha256:cb")),
        *(
            (ref, None)
            for ref in ("c", "reg:5000/app", "REG:5000/app:1", f"app@{DIGEST}", "Busybox")
        ),
        *(
            (ref, None)
            for ref in ("", DIGEST, ONE.upper(), f"library/{ONE[7:]}", f"{ONE[7:]}:latest")
        ),
    ],
)
def test_as_the_engine_finds_it(state: State, ref: str, found: str | None) -> None:
    image = find_image(state.engines[key_of(1)], ref)
    assert (image and image.id) == found


def test_a_name_goes_before_ids_over_the_fleet(state: State) -> None:
    two = state.engines[key_of(2)]
    assert not is_name(two, "cafe") and find_image(two, "cafe") is two.images[FOUR]
    assert names(state, "cafe") == ["node-1"]
    assert names(state, "cafe0") == ["node-2"]
    assert names(state, "ca") == ["node-1"]  # on node-2 it begins two IDs
    assert names(state, "library/mine:2") == ["node-2"]
    assert names(state, "library/busybox") == names(state, ONE[7:]) == ["node-1", "node-2"]
    assert [image.id for image in images_by_id(two, "ca")] == [FOUR, ONE]


def test_other_meanings(state: State) -> None:
    state.dispatch(ImagesListed(key_of(3), [entry(TWO, "busybox:latest")]))
    image = state.engines[key_of(1)].images[ONE]
    assert means_others(state, "index.docker.io/library/busybox", image)
    assert not means_others(state, "busybox:1", image)


@pytest.mark.parametrize(
    ("ref", "misread"), [("cafe", True), ("cafe0", False), ("busybox", False), ("deed", False)]
)
def test_a_name_that_another_engine_takes_for_an_id(state: State, ref: str, misread: bool) -> None:
    assert is_misread(state, ref) is misread


@pytest.mark.parametrize(
    ("ref", "definite"),
    [
        ("library/busybox", "library/busybox"),
        (f"busybox@{DIGEST}", f"busybox@{DIGEST}"),
        ("cafe", "cafe:latest"),  # a name, if only on one node
        ("cafe0", FOUR),
        ("sha256:cafe", FOUR),
        (ONE[7:], ONE),
        ("deed", "deed:latest"),  # no image that is not listed
    ],
)
def test_a_definite_spelling(state: State, ref: str, definite: str) -> None:
    assert definite_image(state, ref) == definite


@pytest.mark.parametrize("ref", ["c", "sha256:deed", "sha256:" + "d" * 64, "d" * 64])
def test_an_id_of_none_or_of_several_is_none(state: State, ref: str) -> None:
    with pytest.raises(NoSuchImage):
        definite_image(state, ref)


def test_no_reference_is_none(state: State) -> None:
    with pytest.raises(InvalidReference):
        definite_image(state, "Cafe")


def test_other_names_of_the_same_content(state: State) -> None:
    both = ["busybox:latest", f"busybox@{DIGEST}"]
    assert list(known_as(state, ONE)) == list(known_as(state, f"busybox@{DIGEST}")) == both * 2
    assert list(known_as(state, "busybox")) == list(known_as(state, "")) == []


def test_names_that_a_containerd_store_lists_alike(state: State) -> None:
    alike = [entry(ONE, "localhost/app:1"), entry(TWO, "localhost/app:1", "other:1")]
    state.dispatch(ImagesListed(key_of(3), alike))
    engine = state.engines[key_of(3)]
    assert [one.id for one in images_named(engine, "localhost/app:1")] == [ONE, TWO]
    assert [one.id for one in images_named(engine, "other:1")] == [TWO]
    assert images_named(engine, "other") == []
