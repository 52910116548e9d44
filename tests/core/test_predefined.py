"""``bridge``, ``host`` and ``none``: one ID for clients, on whichever node."""

from __future__ import annotations

import pytest

from swarmd.core.names import is_full_id
from swarmd.core.predefined import IDS, predefined_name, with_shown_ids

OWN = "b" * 64


def test_ids_that_stay_over_restarts_and_swarmds() -> None:
    assert all(map(is_full_id, IDS.values())) and len(set(IDS.values())) == 3
    assert IDS["bridge"].startswith("7c9aff72")


@pytest.mark.parametrize("name", ["bridge", "host", "none"])
def test_both_ways_of_naming_one(name: str) -> None:
    assert predefined_name(name) == predefined_name(IDS[name]) == name


@pytest.mark.parametrize("ref", ["", "default", "net", OWN, IDS["host"][:12]])
def test_what_names_none(ref: str) -> None:
    assert predefined_name(ref) == ""


def test_a_containers_networks_as_clients_know_them() -> None:
    networks = {"bridge": {"NetworkID": OWN, "Gateway": "g"}, "mine": {"NetworkID": OWN}}
    shown = with_shown_ids({"Networks": networks, "Ports": {}})
    assert shown == {
        "Networks": {
            "bridge": {"NetworkID": IDS["bridge"], "Gateway": "g"},
            "mine": {"NetworkID": OWN},
        },
        "Ports": {},
    }
    assert networks["bridge"]["NetworkID"] == OWN


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"Networks": None},
        {"Networks": []},
        {"Networks": {"mine": {"NetworkID": OWN}}},
        {"Networks": {"bridge": None}},
        {"Networks": {"bridge": {"NetworkID": ""}}},
        {"Networks": {"bridge": "x"}},
    ],
)
def test_what_stays_as_it_is(settings: object) -> None:
    assert with_shown_ids(settings) == settings  # type: ignore[arg-type]
