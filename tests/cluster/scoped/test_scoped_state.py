"""Of the fleet a scope sees its part, and of the state only what is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from swarmd.cluster import interfaces
from swarmd.cluster.interfaces import (
    CatalogueView,
    ExecsView,
    HealthView,
    HoldersView,
    IdsView,
    ImagesView,
    IndexView,
    MeaningsView,
    NamesView,
    RosterView,
    RowsView,
    StateView,
)
from swarmd.cluster.scoped.scoped_state import ScopedState
from swarmd.cluster.scoped.sight import Sight
from swarmd.cluster.views.filters import ListQuery
from swarmd.cluster.views.select import select
from swarmd.core.request.scope import Scope
from tests.authz.rig import ML, WEB, GuardedRig
from tests.cluster.protocols import is_protocol, members, reachable


@pytest.fixture
def seen() -> ScopedState:
    return ScopedState(GuardedRig().state, Sight(Scope("team", "ml")))


def test_containers_by_every_index(seen: ScopedState) -> None:
    assert list(seen.containers) == [ML] and len(seen.containers) == 1
    assert seen.containers.get(WEB) is None
    assert seen.catalogue.names.find("theirs") == ()
    assert list(seen.catalogue.names) == ["mine"]
    assert seen.catalogue.identities.find("x") == ()
    assert seen.catalogue.ids.starting_with("") == [ML]
    assert [row.container.id for row in seen.catalogue.rows.newest_first(seen.engines)] == [ML]
    assert [row.container.id for row in select(seen, ListQuery(all=True))] == [ML]


# Each part of the view, and the Protocol that says what it may have.
PARTS: dict[type, Callable[[ScopedState], object]] = {
    StateView: lambda seen: seen,
    CatalogueView: lambda seen: seen.catalogue,
    NamesView: lambda seen: seen.catalogue.names,
    IdsView: lambda seen: seen.catalogue.ids,
    RowsView: lambda seen: seen.catalogue.rows,
    RosterView: lambda seen: seen.roster,
    IndexView: lambda seen: seen.index,
    ImagesView: lambda seen: seen.index.images,
    HoldersView: lambda seen: seen.index.networks,
    MeaningsView: lambda seen: seen.index.meanings,
    HealthView: lambda seen: seen.index.health,
    ExecsView: lambda seen: seen.execs,
}


@pytest.mark.parametrize("protocol", PARTS, ids=lambda protocol: protocol.__name__)
def test_a_scope_has_what_the_protocol_names_and_nothing_else(
    seen: ScopedState, protocol: type
) -> None:
    assert reachable(PARTS[protocol](seen)) == members(protocol)


def test_every_protocol_of_the_view_is_looked_at() -> None:
    here = {each for each in vars(interfaces).values() if is_protocol(each)}
    assert {each for each in here if each.__module__ == interfaces.__name__} == set(PARTS)


def test_what_nobody_thought_of_is_missing(seen: ScopedState) -> None:
    for name in ("reservations", "_lists", "_events", "dispatch", "reserve", "watch"):
        with pytest.raises(AttributeError):
            getattr(seen, name)


def test_changes_of_what_is_seen_pass(seen: ScopedState) -> None:
    seen.mark_dirty(ML)
    engine = seen.engines[seen.containers[ML].engine]
    seen.mark_stale(engine.key, "images")
    assert ML in engine.dirty and "images" in engine.stale
    seen.images_changed(engine.key, ["mine/app:2"])
    assert "mine/app:2" in engine.changed_images
    seen.images_gone(engine.key, ["mine/app:1"])
    assert "mine/app:1" not in engine.image_refs
    seen.add_exec("e", ML)
    assert seen.execs.get("e") == ML
    seen.reserve_name("new", ML)
    seen.release_name("new", ML, granted=True)
    assert seen.containers[ML].name == "new"
