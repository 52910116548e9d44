import pytest

from swarmd.core.model import Container, Engine, Health, Image


@pytest.mark.parametrize(
    ("state", "running", "holds"),
    [
        ("created", False, True),
        ("running", True, True),
        ("paused", True, True),
        ("restarting", True, True),
        ("removing", False, True),
        ("exited", False, False),
        ("dead", False, False),
    ],
)
def test_states(state: str, running: bool, holds: bool) -> None:
    container = Container("a", "e1", state=state)
    assert (container.running, container.holds) == (running, holds)


def test_the_first_name_is_its_own() -> None:
    assert Container("a", "e1", ("web", "other/alias")).name == "web"
    assert Container("a", "e1").name == ""


def test_health() -> None:
    engine = Engine("e1", "e1")
    seen = []
    for engine.health in Health:
        seen.append((engine.validated, engine.healthy))
    assert seen == [(False, False), (True, True), (True, False)]


def test_an_image_of_which_a_registry_is_known() -> None:
    own, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    assert not Image(own).pulled
    assert Image(own, digests=(f"app@{other}",)).pulled
    assert not Image(own, digests=(f"app@{own}",)).pulled, "a containerd store names all so"
