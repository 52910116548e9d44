"""A client's builder: the same one while it builds and as long as the fleet is the same."""

from __future__ import annotations

import pytest

from swarmd.core.errors import Unavailable
from swarmd.manager.builds import builders as module
from swarmd.manager.builds.builders import Builders
from tests.manager.rig import Rig


def rig(engines: int = 4) -> tuple[Rig, Builders]:
    made = Rig(engines)
    return made, Builders(made.fleet, made.clock)


def test_drawn_from_the_client() -> None:
    _, builders = rig()
    drawn = {client: builders.engine(client).name for client in map(str, range(50))}
    assert len(set(drawn.values())) == 4
    assert drawn == {client: builders.engine(client).name for client in drawn}


def test_a_new_engine_moves_only_its_own() -> None:
    made, builders = rig(3)
    before = {client: builders.engine(client).name for client in map(str, range(50))}
    made.add(4)
    after = {client: builders.engine(client).name for client in before}
    moved = {after[client] for client in before if after[client] != before[client]}
    assert moved == {"node-4"}


def test_bound_while_open_and_a_minute_more() -> None:
    made, builders = rig()
    other = next(e for e in made.fleet.healthy() if e is not builders.engine("me"))
    drawn = builders.engine("me")
    first, second = builders.opened("me", other), builders.opened("me", other)
    assert builders.building("me") and not builders.building("you")
    first(None)
    made.clock.advance(1000)
    assert builders.engine("me") is other, "one call is still open"
    second(None)
    assert not builders.building("me")
    made.clock.advance(59)
    assert builders.engine("me") is other
    made.clock.advance(2)
    assert builders.engine("me") is drawn


def test_a_lost_engine_binds_nobody() -> None:
    made, builders = rig(2)
    builders.opened("me", made.engine(1))
    made.lose(1)
    assert builders.engine("me") is made.engine(2)
    made.lose(2)
    with pytest.raises(Unavailable):
        builders.engine("me")


def test_old_bonds_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    made, builders = rig(1)
    builders.opened("a", made.engine(1))(None)
    builders.opened("b", made.engine(1))
    made.clock.advance(100)
    builders.opened("c", made.engine(1))
    assert set(builders._bonds) == {"b", "c"}
