"""What a container has to claim, and that others read what was meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.model import Engine, Spec
from swarmd.core.names import IDENTITY
from swarmd.manager.claims import claim as module
from swarmd.manager.claims import keys
from swarmd.manager.claims.claim import Claim, create_claim, encoded, read_claim

ENGINE = EngineRecord("10.0.0.1:2375", "10.0.0.1", spec=Spec("E", "node-1", 4, 1000))
AMOUNTS = st.integers(0, 3)


def claimed(demand: Demand = Demand(), engine: Engine = ENGINE, **container: Any) -> Claim:  # noqa: B008
    made = Container("pending-1", engine.key, ("web",), demand=demand, sized=True, pending=True)
    return create_claim(
        "me/1", made._replace(**container), engine, container.pop("uses", ()), quota=False
    )


def test_what_asks_for_nothing_claims_its_name_alone() -> None:
    assert claimed().keys == {keys.name_key("web")}


@given(AMOUNTS, AMOUNTS, st.lists(st.integers(1, 9), max_size=4), st.booleans(), st.booleans())
def test_there_is_a_register_for_all_that_could_be_taken_twice(
    cpus: int, memory: int, ports: list[int], device: bool, slots: bool
) -> None:
    devices = (("gpu", "0"),) if device else ()
    demand = Demand(cpus, memory, tuple(HostPort(port) for port in ports), devices)
    engine = EngineRecord(
        "a", "a", spec=ENGINE.spec, labels={"containerslots": "3"} if slots else {}
    )
    found = claimed(demand, engine).registers
    assert (keys.sum_key("E") in found) == bool(cpus or memory or slots)
    assert sum("/ports/" in key for key in found) == len({p % keys.PORT_REGISTERS for p in ports})
    assert sum("/devices/" in key for key in found) == device


def test_a_role_and_what_may_go_elsewhere_have_registers() -> None:
    made = Container("p", "k", ("web",), labels={"com.docker.swarm.role": "dev"}, pending=True)
    found = create_claim("me/1", made, ENGINE, ["volume data"], quota=True).registers
    assert found == {keys.role_key("dev"), *keys.use_keys(["volume data"])}


def test_two_engines_have_nothing_in_common() -> None:
    other = EngineRecord("b", "b", spec=replace(ENGINE.spec, id="F"))
    demand = Demand(1, 1, (HostPort(80),), (("gpu", "0"),))
    assert not claimed(demand).registers & claimed(demand, other).registers


@given(AMOUNTS, st.dictionaries(st.sampled_from([IDENTITY, "a", "b"]), st.text(max_size=3)))
def test_others_read_what_was_meant(memory: int, labels: dict[str, str]) -> None:
    mine = claimed(Demand(memory=memory), labels=labels)
    told = read_claim(mine.head, encoded(mine))
    assert replace(told, registers=mine.registers) == mine
    assert told.container is not None and told.container.engine == "E"
    assert (told.owner, told.container.name) == ("me", "web")


def test_labels_that_do_not_count_stay_here() -> None:
    mine = claimed(labels={IDENTITY: "1", "traefik.users": "admin:secret"})
    assert b"secret" not in encoded(mine)


def test_what_is_over_says_nothing_else() -> None:
    over = encoded(replace(claimed(Demand(memory=5)), over=True))
    assert orjson.loads(over) == {"id": "me/1", "kind": "create", "over": True}
    assert read_claim("head", over).over


@pytest.mark.parametrize("claim", [
    module.rename_claim("me/1", "c" * 64, "web"),
    module.making_claim("me/1", "network", "net", ENGINE, ["network net"]),
    module.move_claim("me/1", "network net", ENGINE),
])  # fmt: skip
def test_other_kinds_are_read_as_well(claim: Claim) -> None:
    assert replace(read_claim(claim.head, encoded(claim)), registers=claim.registers) == claim


@pytest.mark.parametrize(
    "value", [b"", b"x", b"[]", b"{}", b'{"kind":"other"}', b'{"kind":"create","id":1}',
              b'{"kind":"create","uses":"a"}', b'{"kind":"create","container":{}}'],
)  # fmt: skip
def test_what_is_no_claim_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError):
        read_claim("head", value)


def test_a_role_without_a_quota_has_no_register() -> None:
    """Its creates at several swarmds would only be in each other's way."""
    made = Container("p", "k", ("web",), labels={"com.docker.swarm.role": "dev"}, pending=True)
    assert not create_claim("me/1", made, ENGINE, [], quota=False).registers
