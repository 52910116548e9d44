"""Where a create goes, and that an explanation says the same."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.manager.choice import Choice
from swarmd.scheduler.refusal import NoCandidate
from tests.manager.rig import Rig
from tests.manager.test_create import order

HERE = ["constraint:node==node-2"]


def asked(rig: Rig, **body: Any) -> tuple[str, str]:
    """The node chosen, and the one that the explanation names."""
    choice: Choice = rig.creator().choice
    wish = order(**body)
    return choice.choose(wish)[1].name, choice.explain(wish).chosen


def test_the_schedulers_best() -> None:
    assert asked(Rig(2)) == ("node-1", "node-1")
    assert asked(Rig(2), Env=HERE) == ("node-2", "node-2")


def test_a_network_that_is_nobodys_follows() -> None:
    rig = Rig(2)
    rig.has_network(1, "n" * 64, "app", Driver="bridge")
    assert asked(rig, HostConfig={"NetworkMode": "app"}) == ("node-1", "node-1")
    assert asked(rig, Env=HERE, HostConfig={"NetworkMode": "app"}) == ("node-2", "node-2")


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
    choice: Choice = rig.creator().choice
    assert choice.choose(order(Image="own:1"), [rig.engine(1).key])[1].name == "node-2"


@pytest.mark.parametrize("image", ["e" * 64, "sha256:" + "e" * 64, "eeee", "sha256:eee"])
def test_by_its_id_no_registry_has_an_image(image: str) -> None:
    rig = Rig(2)
    rig.has_image(2, "sha256:" + "e" * 64, "app:1", digests=["app@sha256:" + "d" * 64])
    rig.has_container(2, "a" * 64, "there")
    assert asked(rig, Image="library/app:1") == ("node-1", "node-1")
    assert asked(rig, Image=image) == ("node-2", "node-2")


def test_nowhere_is_explained_too() -> None:
    choice = Rig(2).creator().choice
    wish = order(Env=["constraint:node==node-9"])
    with pytest.raises(NoCandidate) as refusal:
        choice.choose(wish)
    found = choice.explain(wish)
    assert (found.chosen, found.error) == ("", refusal.value.message)
