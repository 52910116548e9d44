"""One image in stores that call it by different IDs."""

from __future__ import annotations

import pytest

from swarmd.cluster.images.same_image import alike
from swarmd.core.model import Image

CONFIG, MANIFEST, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
BUILT = Image(CONFIG, ("app:1",), created=5, labels={"a": "b"})
STORED = Image(MANIFEST, ("app:1",), (f"app@{MANIFEST}",), created=5, labels={"a": "b"})
PULLED = Image(CONFIG, ("app:1",), (f"app@{MANIFEST}",), created=4)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (BUILT, BUILT, True),
        (BUILT, Image(CONFIG, ("other:1",)), True),
        (PULLED, STORED, True),
        (PULLED, Image(CONFIG), True),
        (BUILT, STORED, True),
        (BUILT, Image(OTHER, ("app:1",), created=5, labels={"a": "b"}), False),  # of one store
        (STORED, Image(OTHER, ("app:1",), (f"app@{OTHER}",), 5, labels={"a": "b"}), False),
        (BUILT, Image(MANIFEST, ("app:1",), (f"app@{MANIFEST}",), 6, labels={"a": "b"}), False),
        (BUILT, Image(MANIFEST, ("app:1",), (f"app@{MANIFEST}",), 5), False),
    ],
)
def test_alike(one: Image, other: Image, same: bool) -> None:
    assert alike(one, other) is alike(other, one) is same
