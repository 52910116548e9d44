from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from swarmd.core.errors import ApiError
from swarmd.core.names import PLACEHOLDER
from swarmd.manager.images.untag import untag, untagged
from tests.manager.rig import Rig, result_of

IMAGE, EMPTY = "sha256:" + "a" * 64, "sha256:" + "e" * 64


def test_the_image_stays() -> None:
    rig = Rig(1)
    wire = rig.wire(1)
    rig.has_image(1, IMAGE, "reg:5000/app:1")
    wire.on("POST", "/images/create", (200, b'{"status":"%b"}\r\n' % EMPTY.encode()))
    wire.on("DELETE", f"/images/{EMPTY}", (200, []))
    result_of(untag(rig.fleet, rig.engine(1), "reg:5000/app:1"))
    query = parse_qs(urlsplit(wire.asked[0][1]).query)
    [change] = query.pop("changes")
    assert query == {"fromSrc": ["-"], "repo": ["reg:5000/app"], "tag": ["1"]}
    label, _, code = change.partition("=")
    assert label == f"LABEL {PLACEHOLDER}" and len(code) == 32
    assert rig.state.placeholders.has(EMPTY, {PLACEHOLDER: code})
    assert rig.engine(1).images[IMAGE].tags == ()
    assert "images" in rig.engine(1).stale


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((500, {"message": "no space"}), "no space"),
        ((200, b'{"errorDetail":{"message":"no space"}}\n'), "no space"),
        ((200, b""), "does not tell the ID"),
        ((200, b"[]"), "does not tell the ID"),
        ((200, b'{"status":"Importing"}'), "does not tell the ID"),
    ],
)
def test_refused(reply: tuple[int, object], words: str) -> None:
    rig = Rig(1)
    rig.has_image(1, IMAGE, "app:1")
    rig.wire(1).on("POST", "/images/create", reply)
    with pytest.raises(ApiError, match=words):
        result_of(untag(rig.fleet, rig.engine(1), "app:1"))
    assert rig.engine(1).images[IMAGE].tags == ("app:1",)
    [outcome] = result_of(untagged(rig.fleet, [(rig.engine(1), "app:1")]))
    assert outcome.error is not None and words in outcome.error.message
