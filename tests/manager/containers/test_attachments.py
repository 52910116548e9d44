from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.container.create_request import parse_create
from swarmd.core.errors import Conflict
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.create_order import NotMadeError
from swarmd.scheduler.placement import Placement
from tests.manager.rig import Rig, result_of

NET = "e" * 64
SHOWN = {"Id": NET, "Name": "net", "Driver": "bridge", "Labels": {}, "IPAM": {}}


def rig_with_net() -> Rig:
    rig = Rig(2)
    rig.creator()
    rig.has_network(1, NET, "net")
    for number in (1, 2):
        rig.wire(number).on("GET", f"/networks/{NET}", (200, SHOWN))
        rig.wire(number).on("POST", "/networks/create", (201, {"Id": "f" * 64}))
        rig.wire(number).on("DELETE", f"/networks/{NET}", (204, b""))
        rig.wire(number).on("GET", "/networks", (200, []))
    return rig


def config(**body: Any) -> Any:
    return parse_create({"Image": "app", **body})


JOINS = {"HostConfig": {"NetworkMode": "net"}}
MOUNTS = {"HostConfig": {"Binds": ["data:/x"]}}


def loosest(rig: Rig, wanted: Placement) -> Placement:
    return Attachments(rig.local, config(**JOINS)).ways(wanted)[-1]


async def attempt(
    rig: Rig, number: int, until: Deferred[None] | None = None, freed: Any = None, **body: Any
) -> None:
    attachments = Attachments(rig.local, config(**body))
    async with attachments.on(rig.engine(number), lambda: False, freed or (lambda: None)):
        if until is not None:
            await until


def test_what_is_nobodys_may_be_left_behind() -> None:
    rig = rig_with_net()
    assert loosest(rig, Placement(networks=("net", "nope"))).networks == ("nope",)


def test_what_is_used_may_not() -> None:
    rig = rig_with_net()
    used = {"Networks": {"net": {"NetworkID": NET}}}
    rig.has_container(1, "a" * 64, "web", NetworkSettings=used)
    assert loosest(rig, Placement(networks=("net",))).networks == ("net",)


def test_who_names_nothing_has_one_way() -> None:
    rig = rig_with_net()
    wanted = Placement(networks=("net",))
    assert Attachments(rig.local, config()).ways(wanted) == [wanted]


def test_it_is_brought_before_the_create() -> None:
    rig = rig_with_net()
    result_of(attempt(rig, 2, **JOINS))
    (created,) = [body for body in rig.wire(2).bodies if body]
    assert created["Name"] == "net" and NET in created["Labels"].values()
    assert ("DELETE", f"/v1.41/networks/{NET}") in rig.wire(1).asked


def test_what_is_there_stays() -> None:
    rig = rig_with_net()
    result_of(attempt(rig, 1, **JOINS))
    assert not any(method == "POST" for method, _ in rig.wire(1).asked + rig.wire(2).asked)


def test_two_creates_do_not_tear_at_one_network() -> None:
    rig = rig_with_net()
    over: Deferred[None] = Deferred()
    first = Deferred.fromCoroutine(attempt(rig, 1, over, **JOINS))
    assert loosest(rig, Placement(networks=("net",))).networks == ("net",)
    freed: list[bool] = []
    with pytest.raises(NotMadeError, match="just being taken") as refused:
        result_of(attempt(rig, 2, freed=lambda: freed.append(True), **JOINS))
    assert isinstance(refused.value.error, Conflict) and freed == [True]
    assert loosest(rig, Placement(networks=("net",))).networks == ("net",)
    over.callback(None)
    assert first.called
    assert loosest(rig, Placement(networks=("net",))).networks == ()


def test_a_volume_that_is_being_made_elsewhere_draws_the_next_there() -> None:
    rig = rig_with_net()
    over: Deferred[None] = Deferred()
    Deferred.fromCoroutine(attempt(rig, 2, over, **MOUNTS))
    (pin,) = Attachments(rig.local, config(**MOUNTS)).ways(Placement())[0].pins
    assert pin.engines == {rig.engine(2).key}
    over.callback(None)
    assert Attachments(rig.local, config(**MOUNTS)).ways(Placement()) == [Placement()]


def test_who_does_not_know_how_it_ended_keeps_the_claims() -> None:
    rig = rig_with_net()
    attachments = Attachments(rig.local, config(**JOINS))
    freed: list[bool] = []

    async def lost() -> Any:
        async with attachments.on(
            rig.engine(1), lambda: False, lambda: freed.append(True)
        ) as claims:
            return claims.pop_all().close

    close = result_of(lost())
    assert rig.local.claims(rig.networks.identity("net")) == 1 and not freed
    close()
    assert rig.local.claims(rig.networks.identity("net")) == 0 and freed
