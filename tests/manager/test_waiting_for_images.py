"""How long a create waits for an image that another node has."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.errors import ApiError
from swarmd.manager.containers.attachments import PATIENCE
from swarmd.manager.images.copying.supply import Supply
from tests.manager.containers.test_create import MADE, nodes_asked, order
from tests.manager.rig import Rig
from tests.manager.wired import Running

IMAGE = "sha256:" + "e" * 64


class Case:
    """node-2 has the image and a container; a create would rather go to node-1."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig = Rig(2)
        self.rig.has_image(2, IMAGE, "app:1", digests=["app@sha256:" + "d" * 64])
        self.rig.has_container(2, "b" * 64, "there")
        self.rig.on_all("POST", "/containers/create", MADE)
        self.rig.on_all("GET", "/images/json", (200, []))
        self.brought: Deferred[None] = Deferred()
        monkeypatch.setattr(Supply, "_bring", self._bring)
        self.creator = self.rig.creator()

    async def _bring(self, *_: Any) -> None:
        await self.brought

    def create(self, **body: Any) -> Running:
        return Running(self.creator.create(order(**body)))


def test_it_comes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    running = case.create()
    case.rig.clock.advance(PATIENCE - 1)
    assert not running.done and not nodes_asked(case.rig)
    case.brought.callback(None)
    assert running.results[0].status == 201
    assert ("POST", "node-1") in [
        (method, node) for node, wire in case.rig.wires.items() for method, _ in wire.asked
    ]


def test_it_does_not_and_its_own_node_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    running = case.create()
    case.rig.clock.advance(PATIENCE)
    assert running.results[0].status == 201 and nodes_asked(case.rig) == ["node-2"]
    assert case.rig.state.reservations.pending == {}
    case.brought.callback(None)  # it goes on, for the next one


def test_it_cannot_come_and_its_own_node_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    running = case.create()
    case.brought.errback(ApiError("disk full"))
    assert running.results[0].status == 201
    assert "POST /v1.41/containers/create" in " ".join(
        f"{method} {target}" for method, target in case.rig.wire(2).asked
    )


def test_where_its_own_node_will_not_do_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    running = case.create(Env=["constraint:node==node-1"])
    case.rig.clock.advance(10 * PATIENCE)
    assert not running.done
    case.brought.errback(ApiError("disk full"))
    assert str(running.error) == "node-1: disk full", "never: no such image"
