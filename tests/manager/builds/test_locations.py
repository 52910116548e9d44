"""Who asks too early waits, for a while."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.manager.builds import locations
from swarmd.manager.builds.locations import Locations


def asked(places: Locations, what: str) -> list[Any]:
    found: list[Any] = []
    Deferred.fromCoroutine(places.wait(what, 5.0)).addBoth(found.append)
    return found


def test_known_at_once() -> None:
    places = Locations(Clock())
    places.put("b1", "e1")
    assert places.find("b1") == "e1" and asked(places, "b1") == ["e1"]


def test_two_wait_for_one() -> None:
    places = Locations(Clock())
    early = asked(places, "b1"), asked(places, "b1")
    places.put("b1", "e1")
    assert early == (["e1"], ["e1"]) and not places._waiting


def test_not_for_ever() -> None:
    clock = Clock()
    places = Locations(clock)
    early = asked(places, "b1")
    clock.advance(4.9)
    assert early == []
    clock.advance(0.2)
    assert early == [None] and not places._waiting


def test_what_has_no_name_is_nowhere() -> None:
    places = Locations(Clock())
    places.put("", "e1")
    assert asked(places, "") == [None]


def test_only_so_many(monkeypatch: Any) -> None:
    monkeypatch.setattr(locations, "MOST", 2)
    places = Locations(Clock())
    for number in range(3):
        places.put(f"b{number}", "e")
    assert [places.find(f"b{number}") for number in range(3)] == [None, "e", "e"]
