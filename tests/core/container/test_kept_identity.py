from __future__ import annotations

import pytest

from swarmd.core.container.kept_identity import KeptIdentity, kept_identity
from swarmd.core.names import IDENTITY, KEPT_CONTAINER, check_container_name

KEPT = KeptIdentity("a1" * 32, "f00d", "AAAA:BBBB", "web")


def test_what_is_written_is_read() -> None:
    assert kept_identity({**KEPT.labels(), "other": "x"}) == KEPT
    assert kept_identity({}) is None


@pytest.mark.parametrize(
    "labels",
    [
        {IDENTITY: "beef"},
        {IDENTITY: ""},
        {KEPT_CONTAINER: ""},
        {KEPT_CONTAINER: "a1" * 32},
        {KEPT_CONTAINER: "a1" * 31 + "/f00d/AAAA/web"},
        {KEPT_CONTAINER: "a1" * 32 + "/f00d/AAAA/web/x"},
        {KEPT_CONTAINER: "../" + "a1" * 32 + "/f00d/web"},
    ],
)
def test_what_says_nothing(labels: dict[str, str]) -> None:
    """A label that is inherited belongs to another container's Swarm ID."""
    assert kept_identity({**KEPT.labels(), **labels}) is None


def test_the_interim_name_is_one() -> None:
    check_container_name(KEPT.interim_name)
