from __future__ import annotations

import pytest

from swarmd.manager.builds import own_images
from swarmd.manager.builds.own_images import OwnImages


def test_the_newest_first_each_once() -> None:
    own = OwnImages()
    own.note("alice", ["a:1", "b:1"])
    own.note("alice", ["a:1"])
    own.note("bob", ["c:1"])
    assert own.of("alice") == ["a:1", "b:1"] and own.of("bob") == ["c:1"]
    assert own.of("carol") == []


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_images, "MOST_EACH", 2)
    monkeypatch.setattr(own_images, "MOST_CLIENTS", 2)
    own = OwnImages()
    for client in ("a", "b", "c"):
        own.note(client, [f"app:{number}" for number in range(5)])
    assert own.of("a") == [] and own.of("c") == ["app:4", "app:3"]
