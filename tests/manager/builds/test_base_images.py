"""What is brought to a build's engine, and whose failure ends the build."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import ApiError
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.images.copying.supply import Supply
from tests.manager.rig import Rig, result_of

ID = "sha256:" + "a" * 64


class Case:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, digests: tuple[str, ...] = ()) -> None:
        self.rig = Rig(2)
        self.rig.has_image(1, ID, "base:1", digests=digests)
        self.rig.on_all("GET", "/images/json", (500, {}))
        self.brought: list[Any] = []
        self.error: ApiError | None = None
        monkeypatch.setattr(Supply, "_bring", self._bring)
        self.bases = BaseImages(self.rig.fleet, Supply(self.rig.fleet))

    async def _bring(self, ref: str, _: Any, to: Any) -> None:
        if self.error is not None:
            raise self.error
        self.brought.append(f"{ref} > {to.name}")

    def bring(self, *refs: str, to: int = 2) -> None:
        result_of(self.bases.bring(refs, self.rig.engine(to)))


def test_what_others_have(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    case.bring("base:1", to=1)
    case.bring("nowhere:1", "library/base:1")
    assert case.brought == ["library/base:1 > node-2"]


def test_what_cannot_be_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    case.error = ApiError("disk full")
    with pytest.raises(ApiError, match="disk full"):
        case.bring("base:1")


def test_what_the_engine_can_pull_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, ("base@sha256:" + "d" * 64,))
    case.error = ApiError("disk full")
    case.bring("base:1")
