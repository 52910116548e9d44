"""Several who want the same in one moment: one gets it, and nobody waits in vain."""

from __future__ import annotations

import pytest

from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_one_name_in_one_moment_is_given_once() -> None:
    swarmds = Swarmds(3)
    for one in swarmds.all:
        one.create("web")
    swarmds.obey()
    swarmds.pass_time(4)
    assert swarmds.names() == ["web"]
    assert sorted(str(getattr(one.last, "status", one.last)) for one in swarmds.all) == [
        "201", "409", "409",
    ]  # fmt: skip


def test_memory_is_not_given_twice_though_nobody_has_heard_of_the_other() -> None:
    """Each engine has room for one."""
    swarmds = Swarmds(3)
    for one in swarmds.all:
        one.create(f"of-{one.number}", Memory=600)
    swarmds.obey()
    swarmds.pass_time(2)
    assert [len(swarmds.there[n]) for n in (1, 2)] == [1, 1]
    assert sorted(one.last == 201 for one in swarmds.all) == [False, True, True]


@pytest.mark.parametrize("first, second", [("", "127.0.0.1"), ("127.0.0.1", ""), ("", "")])
def test_a_port_is_not_given_twice(first: str, second: str) -> None:
    swarmds = Swarmds(2)
    for one, ip in zip(swarmds.all, (first, second), strict=True):
        ports = {"9/tcp": [{"HostIp": ip, "HostPort": "8080"}]}
        one.create(f"of-{one.number}", PortBindings=ports)
    swarmds.obey()
    assert [one.last for one in swarmds.all] == [201, 201]
    assert [len(swarmds.there[n]) for n in (1, 2)] == [1, 1]


def test_a_conflict_is_placed_again_by_what_others_claim_and_not_only_that_they_do() -> None:
    """The watch is late: the register alone tells nothing of how much was taken."""
    swarmds = Swarmds(3)
    for one in swarmds.all:
        one.store.late = True
    for one in swarmds.all:
        one.create(f"of-{one.number}", Memory=600)
    swarmds.pass_time(4)
    assert [len(swarmds.there[n]) for n in (1, 2)] == [1, 1]
    assert sorted(one.last == 201 for one in swarmds.all) == [False, True, True]
    assert any(one.claimant.committer.conflicts for one in swarmds.all)
