from typing import Any

from twisted.internet.defer import Deferred

from swarmd.manager.containers.local_resources import COURTESY
from tests.manager.containers.test_attachments import JOINS, NET, config, rig_with_net
from tests.manager.rig import result_of


def test_who_may_go_anywhere_lets_others_choose_first() -> None:
    rig = rig_with_net()
    waiting = Deferred.fromCoroutine(rig.local.settle(config(**JOINS)))
    rig.state.mark_stale(rig.engine(1).key, "networks")
    assert not waiting.called and rig.wire(1).asked == []
    rig.clock.advance(COURTESY)
    assert waiting.called
    assert rig.wire(1).asked == [("GET", "/networks")], "things may have changed"


def test_who_is_bound_or_takes_no_network_does_not_wait() -> None:
    rig = rig_with_net()
    result_of(rig.local.settle(config(Env=["constraint:node==node-2"], **JOINS)))
    result_of(rig.local.settle(config()))
    assert rig.wire(1).asked == []


def test_a_claim_ends_with_the_last_attempt() -> None:
    rig = rig_with_net()
    net = rig.networks.identity("net")
    with rig.local.claimed([net], rig.engine(1)):
        with rig.local.claimed([net], rig.engine(2)):
            assert (rig.local.claims(net), rig.local.heading(net)) == (2, rig.engine(2).key)
        assert (rig.local.claims(net), rig.local.heading(net)) == (1, rig.engine(2).key)
    assert (rig.local.claims(net), rig.local.heading(net)) == (0, None)


def test_a_network_follows_a_container_that_joins_it() -> None:
    rig = rig_with_net()
    assert result_of(rig.local.follow("net", rig.engine(1))) is False
    assert result_of(rig.local.follow("nope", rig.engine(2))) is False
    assert result_of(rig.local.follow("net", rig.engine(2))) is True


def test_a_move_goes_on_when_its_client_leaves() -> None:
    rig = rig_with_net()
    shown: Deferred[Any] = Deferred()
    rig.wire(1).on("GET", f"/networks/{NET}", shown)
    leaving = Deferred.fromCoroutine(rig.local.follow("net", rig.engine(2)))
    leaving.addErrback(lambda _: None).cancel()
    shown.callback((200, {"Id": NET, "Name": "net", "Driver": "bridge", "Labels": {}}))
    assert ("DELETE", f"/v1.41/networks/{NET}") in rig.wire(1).asked
