from swarmd.core.model import Engine, Health, Image


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
