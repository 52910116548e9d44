"""One ID for clients, whichever engine a network is on today."""

from __future__ import annotations

import pytest

from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.kept_ids import (
    kept_ids,
    moved_ids,
    network_id,
    own_ids,
    predefined_ids,
    with_kept_ids,
)
from swarmd.core.model import Engine, Network
from swarmd.core.names import KEPT_ID
from swarmd.core.predefined import IDS

OWN, KEPT = "b" * 64, "a" * 64
MOVED = Network(OWN, "net", labels={KEPT_ID: KEPT})


def engine(*networks: Network) -> Engine:
    return EngineRecord("e", "e", kept_ids=kept_ids(networks))


def test_the_label_decides() -> None:
    assert network_id(MOVED) == KEPT
    assert network_id(Network(OWN, "net")) == OWN


@pytest.mark.parametrize("label", ["", "no id", '","x":"', "sha256", "ü"])
def test_a_label_that_is_no_id_says_nothing(label: str) -> None:
    assert network_id(Network(OWN, "net", labels={KEPT_ID: label})) == OWN


def test_only_what_differs_is_kept() -> None:
    same = Network(KEPT, "same", labels={KEPT_ID: KEPT})
    assert kept_ids([MOVED, same, Network("c" * 64, "other")]) == ((OWN.encode(), KEPT.encode()),)


def test_what_an_engine_says_in_clients_terms() -> None:
    said = f'{{"NetworkID":"{OWN}","Other":"{"c" * 64}"}}'.encode()
    shown = with_kept_ids(said, engine(MOVED))
    assert shown == f'{{"NetworkID":"{KEPT}","Other":"{"c" * 64}"}}'.encode()
    assert with_kept_ids(said, engine()) is said


def test_back_by_the_start_of_an_id() -> None:
    engines = [engine(MOVED), engine()]
    assert own_ids("aaa", engines) == (OWN,)
    assert own_ids("bbb", engines) == ()


def test_the_predefined_ones_are_one_each_on_all_engines() -> None:
    bridge = Network(OWN, "bridge")
    pair = (OWN.encode(), IDS["bridge"].encode())
    assert network_id(bridge) == IDS["bridge"]
    assert predefined_ids([bridge, MOVED, Network("x", "host")]) == (pair,)
    assert kept_ids([bridge]) == ()
    here = EngineRecord("e", "e", predefined_ids=(pair,))
    assert with_kept_ids(OWN.encode(), here) == pair[1]
    assert moved_ids(OWN.encode(), here) == OWN.encode()
