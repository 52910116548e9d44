"""All that is asked for, on one node."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import ApiError, EngineUnreachable, NoSuchImage
from swarmd.manager.images.copying.gather import Gatherer
from swarmd.manager.images.copying.supply import Supply
from tests.manager.rig import Rig, result_of

IDS = [f"sha256:{number:064}" for number in range(4)]


class Case:
    """node-1 has rep:1, node-2 rep:2 and other:1.

    Attributes:
        brought: What, and to which node.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig = Rig(2)
        self.has(1, "rep:1")
        self.has(2, "rep:2", "other:1")
        self.brought: list[str] = []
        monkeypatch.setattr(Supply, "_bring", self._bring)
        self.rig.on_all("GET", "/images/json", (500, {}))

    def has(self, number: int, *tags: str) -> None:
        self.rig.has_image(number, IDS[number], *tags)

    async def _bring(self, ref: str, _: Any, to: Any) -> None:
        self.brought.append(f"{ref} > {to.name}")

    def gather(self, *refs: str) -> str:
        supply = Supply(self.rig.fleet)
        return result_of(Gatherer(self.rig.fleet, supply).on_one(refs)).name


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    return Case(monkeypatch)


def test_one_that_has_all(case: Case) -> None:
    assert case.gather("rep:2", "other:1") == "node-2"
    assert case.gather(IDS[1]) == "node-1"
    assert not case.brought


@pytest.mark.parametrize(
    ("refs", "node", "brought"),
    [
        (["rep"], "node-1", ["rep:2 > node-1"]),
        (["rep:1", "rep:2"], "node-1", ["rep:2 > node-1"]),
        (["rep", "other:1"], "node-2", ["rep:1 > node-2"]),
        ([IDS[2], "rep:1"], "node-1", [f"{IDS[2]} > node-1"]),
    ],
)
def test_what_it_lacks_is_brought(
    case: Case, refs: list[str], node: str, brought: list[str]
) -> None:
    assert case.gather(*refs) == node
    assert case.brought == brought


def test_it_is_all_or_an_error(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSuchImage, match="none:1"):
        case.gather("rep", "none:1")

    async def fail(*_: Any) -> None:
        raise ApiError("disk full")

    monkeypatch.setattr(Supply, "_bring", fail)
    with pytest.raises(ApiError, match="disk full"):
        case.gather("rep")
    case.rig.lose(2)
    with pytest.raises(EngineUnreachable, match="node-2"):
        case.gather("rep")
    assert case.gather("rep:1") == "node-1"


def test_rather_from_a_store_that_keeps_all_platforms(case: Case) -> None:
    case.rig.has_image(1, IDS[1], "both:1", digests=[f"both@{IDS[3]}"])
    case.rig.has_image(2, IDS[3], "both:1", digests=[f"both@{IDS[3]}"])
    assert case.gather("both:1") == "node-2"
