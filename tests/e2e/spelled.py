"""Whether swarmd and an engine take two spellings for one image."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import strategies as st

from swarmd.core.image.image_reference import InvalidReference, familiar
from tests.lab.http import Answer, Api

_HEX = "ab" * 32
_PARTS = st.sampled_from(
    [
        *("app", "a-b", "a..b", "App", "docker.io", "index.docker.io", "library", "localhost"),
        *("r.io", "r:80", "R.io", "Reg", "a_b.c", "a__b", "-a", "[::1]:80", "é", "cafe", "sha256"),
        _HEX,
    ]
)
_ENDS = st.sampled_from(["", "", ":latest", ":1", ":A", ":", ":-1", f"@sha256:{_HEX}", "@x"])


def _join(parts: list[str], end: str) -> str:
    return "/".join(parts) + end


NAMES = st.builds(_join, st.lists(_PARTS, min_size=1, max_size=3), _ENDS)
# Ways to write more or less of a name.
_PREFIXES = ["", "library/", "docker.io/", "docker.io/library/", "index.docker.io/", "localhost/"]
PAIRS = st.tuples(st.sampled_from(_PREFIXES), st.sampled_from(_PREFIXES), NAMES, NAMES).map(
    lambda drawn: (drawn[0] + drawn[2], drawn[1] + (drawn[2] if len(drawn[3]) % 2 else drawn[3]))
)


def check(
    engine: Api,
    host: Api,
    source: str,
    pair: tuple[str, str],
    *,
    old: bool = False,
    containerd: bool = False,
) -> None:
    """Gives an image the one name on ``engine``, and looks for it by the other, there and here.

    Args:
        source: An ID of the image; no other test's image is called as ``NAMES`` are.
        old: The engine takes no capitals and no IPv6 addresses as domains.
        containerd: Its store keeps a few names apart that it lists alike.
    """
    one, other = pair
    capable = not old or not any(char.isupper() or char in "[é" for char in one + other)
    made = engine.call("POST", f"/images/{source}/tag?repo={quote(one, safe='')}")
    listed = _names_of(engine, source)
    try:
        assert made.status != 201 or listed == [familiar(one)], (one, listed)
        assert made.status == 201 or not _takes(one) or not capable or _digest(one), one
        theirs, ours = _inspected(engine, other), _inspected(host, other)
        assert theirs.status == ours.status or not capable, (other, theirs.body, ours.body)
        if theirs.status == 200:
            assert ours.json["Id"] == theirs.json["Id"] == source
            assert listed == [familiar(other)]
        elif theirs.status == 404 and made.status == 201:
            alike = containerd and "docker.io/" in one + other
            assert alike or listed != [familiar(other)], other
            assert theirs.message.rpartition("No such image: ")[2] in ours.message
        elif capable:
            assert theirs.message.endswith(ours.message)  # 20.10: behind "no such image: …"
    finally:
        if listed:  # by the name that it was given: listed, it may mean another
            engine.call("DELETE", f"/images/{_path(one)}")
            assert not _names_of(engine, source)


def _digest(text: str) -> bool:
    """No tag can be given to it: it has a digest, or means one."""
    return "@" in text or familiar(text).startswith("sha256:")


def _takes(text: str) -> bool:
    try:
        return bool(familiar(text))
    except InvalidReference:
        return False


def _names_of(engine: Api, image: str) -> list[str]:
    found = (item for item in engine.get("/images/json") if item["Id"] == image)
    return [tag for item in found for tag in item["RepoTags"] or () if tag != KEPT]


KEPT = "spelled:1"


def _inspected(host: Api, name: str) -> Answer:
    return host.call("GET", f"/images/{_path(name)}/json")


def _path(name: str) -> str:
    return quote(name, safe="/:@[]")
