from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.core.container.create_request import parse_create
from swarmd.core.errors import Conflict
from swarmd.manager.containers.attachments import COURTESY
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


def test_what_is_nobodys_may_be_left_behind() -> None:
    rig = rig_with_net()
    assert rig.attachments.left_behind(Placement(networks=("net", "nope"))).networks == ("nope",)


def test_what_is_used_may_not() -> None:
    rig = rig_with_net()
    used = {"Networks": {"net": {"NetworkID": NET}}}
    rig.has_container(1, "a" * 64, "web", NetworkSettings=used)
    assert rig.attachments.left_behind(Placement(networks=("net",))).networks == ("net",)


def test_it_is_brought_before_the_create() -> None:
    rig = rig_with_net()
    result_of(rig.attachments.bring(config(**JOINS), rig.engine(2)))
    (created,) = [body for body in rig.wire(2).bodies if body]
    assert created["Name"] == "net" and NET in created["Labels"].values()
    assert ("DELETE", f"/v1.41/networks/{NET}") in rig.wire(1).asked


def test_what_is_there_stays() -> None:
    rig = rig_with_net()
    result_of(rig.attachments.bring(config(**JOINS), rig.engine(1)))
    assert not any(method == "POST" for method, _ in rig.wire(1).asked + rig.wire(2).asked)


def test_two_creates_do_not_tear_at_one_network() -> None:
    rig = rig_with_net()
    with (
        rig.attachments.claimed(config(**JOINS), rig.engine(1)),
        rig.attachments.claimed(config(**JOINS), rig.engine(2)),
    ):
        assert rig.attachments.left_behind(Placement(networks=("net",))).networks == ("net",)
        with pytest.raises(Conflict, match="just being taken"):
            result_of(rig.attachments.bring(config(**JOINS), rig.engine(2)))
    assert rig.attachments.left_behind(Placement(networks=("net",))).networks == ()


def test_who_may_go_anywhere_lets_others_choose_first() -> None:
    rig = rig_with_net()
    waiting = Deferred.fromCoroutine(rig.attachments.waited(config(**JOINS)))
    assert not waiting.called
    rig.clock.advance(COURTESY)
    assert waiting.result is True
    bound = config(Env=["constraint:node==node-2"], **JOINS)
    assert result_of(rig.attachments.waited(bound)) is False
    assert result_of(rig.attachments.waited(config())) is False


def test_a_network_follows_a_container_that_joins_it() -> None:
    rig = rig_with_net()
    assert result_of(rig.attachments.follow("net", rig.engine(1))) is False
    assert result_of(rig.attachments.follow("nope", rig.engine(2))) is False
    assert result_of(rig.attachments.follow("net", rig.engine(2))) is True


def test_a_volume_that_is_being_made_elsewhere_draws_the_next_there() -> None:
    rig = rig_with_net()
    mounts = config(HostConfig={"Binds": ["data:/x"]})
    with rig.attachments.claimed(mounts, rig.engine(2)):
        (pin,) = rig.attachments.pins(mounts)
        assert pin.engines == {rig.engine(2).key}
    assert list(rig.attachments.pins(mounts)) == []


def test_a_move_goes_on_when_its_client_leaves() -> None:
    rig = rig_with_net()
    shown: Deferred[Any] = Deferred()
    rig.wire(1).on("GET", f"/networks/{NET}", shown)
    leaving = Deferred.fromCoroutine(rig.attachments.follow("net", rig.engine(2)))
    leaving.addErrback(lambda _: None).cancel()
    shown.callback((200, {"Id": NET, "Name": "net", "Driver": "bridge", "Labels": {}}))
    assert ("DELETE", f"/v1.41/networks/{NET}") in rig.wire(1).asked
