"""Keys are such as each kind of store takes, and few for one container."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.manager.claims import keys
from swarmd.store.commit_rules import MOST_KEYS, check_key


@given(st.text(max_size=400))
def test_any_name_is_a_key(name: str) -> None:
    for key in (
        keys.name_key(name),
        keys.made_key("network", name),
        keys.move_key(name),
        keys.sum_key(name),
        keys.role_key(name),
        *keys.demand_keys(name, Demand(ports=(HostPort(80),), devices=(("gpu", "0"),))),
        *keys.use_keys([name]),
    ):
        check_key(key)
        assert key.startswith(keys.ROOT)


@given(st.lists(st.text(max_size=300), unique=True))
def test_names_have_keys_of_their_own(names: list[str]) -> None:
    assert len({keys.name_key(name) for name in names}) == len(names)


def test_a_thousand_ports_and_volumes_fit_into_one_commit() -> None:
    demand = Demand(ports=tuple(HostPort(n) for n in range(1000)), devices=(("gpu", "0"),))
    found = {*keys.demand_keys("E", demand), *keys.use_keys(f"volume {n}" for n in range(1000))}
    assert len(found) + len(("head", "sums", "role")) <= MOST_KEYS


def test_one_port_has_one_register_whatever_its_address() -> None:
    """An address and every address exclude each other."""
    demands = (Demand(ports=(HostPort(80, "tcp", ip),)) for ip in ("", "127.0.0.1"))
    assert len({key for demand in demands for key in keys.demand_keys("E", demand)}) == 1


def test_heads_are_known_from_registers() -> None:
    assert keys.is_head(keys.name_key("a")) and not keys.is_head(keys.sum_key("a"))
