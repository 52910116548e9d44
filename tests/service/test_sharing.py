"""Two whole swarmds, put together as they are, with a store in memory between them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from swarmd.cluster.views.info import FleetIdentity, info
from swarmd.config.settings import Settings
from swarmd.config.store_options import StoreOptions
from swarmd.manager.nodes.operator_state import NAME, NodeIntent, OperatorState
from swarmd.service.sharing import Sharing, make_sharing
from swarmd.store.address import parse_store_address
from swarmd.store.memory import MemoryServer, MemoryStore
from tests.manager.rig import Rig, result_of

OPTIONS = StoreOptions(parse_store_address("etcd://a/p"), 10.0, "door:2376")


def sharing(server: MemoryServer, seed: int = 0, folder: Path | None = None) -> Sharing:
    settings = Settings("nodes://a", state_dir=str(folder) if folder else None)
    reactor: Any = server.clock
    chance = random.Random(seed)
    return Sharing(settings, OPTIONS, MemoryStore(server), reactor, server.clock.seconds, chance)


def test_docker_info_and_the_probe_tell_of_it() -> None:
    server = MemoryServer(Clock())
    rig, one, other = Rig(), sharing(server), sharing(server, 1)
    identity = FleetIdentity("m", "1")
    other.attach(rig.fleet, identity)
    assert not rig.fleet.ready() and "not reached yet" in rig.fleet.notices()[0]
    one.startService()
    other.startService()
    assert rig.fleet.ready() and rig.fleet.notices() == []
    rows = info(rig.state, identity, 0.0)["SystemStatus"]
    assert rows[:3] == [("Role", "replica"), ("Primary", "door:2376"), ("Managers", "2")]
    assert one.elsewhere() == "" and "door:2376" in other.elsewhere()
    agreement = rig.fleet.agreement()
    assert agreement is not None and agreement.joined and not agreement.leads
    result_of(one.membership._close())


def test_who_is_cut_off_names_no_leader() -> None:
    server = MemoryServer(Clock())
    one, other = sharing(server), sharing(server, 1)
    one.startService()
    other.startService()
    for each in (one, other):
        store = each.membership.store
        assert isinstance(store, MemoryStore)
        store.cut()
    server.clock.advance(OPTIONS.ttl + 1)  # type: ignore[attr-defined]
    for each in (one, other):
        role, primary, rows = each.seen()
        assert (role, primary) == ("replica", "none, for now")
        assert not any("leads" in words for _, words in rows)
        assert each.elsewhere() == "swarmds cannot agree on who leads them"


def test_a_state_file_is_taken_in_once(tmp_path: Path) -> None:
    result_of(OperatorState(str(tmp_path)).change_node("a:1", lambda _: NodeIntent(cordoned=True)))
    server = MemoryServer(Clock())
    one = sharing(server, folder=tmp_path)
    one.startService()
    assert one.book.book.nodes == {"a:1": NodeIntent(cordoned=True)}
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.in-store"]
    other = sharing(server, 1, folder=tmp_path)
    other.startService()
    assert other.book.book == one.book.book


def test_one_that_is_alone_shares_nothing() -> None:
    reactor: Any = Clock()
    assert make_sharing(Settings("nodes://a"), reactor, reactor.seconds, random.Random(0)) is None
