from swarmd.core.model import Image


def test_an_image_of_which_a_registry_is_known() -> None:
    own, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    assert not Image(own).pulled
    assert Image(own, digests=(f"app@{other}",)).pulled
    assert not Image(own, digests=(f"app@{own}",)).pulled, "a containerd store names all so"
