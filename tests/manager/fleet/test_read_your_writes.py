from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from swarmd.core.errors import EngineUnreachable, NoSuchContainer, NoSuchImage
from swarmd.manager.fleet.read_your_writes import (
    DISTRUST,
    LAST_PATIENCE,
    NAMES,
    PATIENCE,
    find_anywhere,
    looked_up,
    settle_containers,
    settle_details,
    settle_lists,
    settle_names,
    settle_unknown,
    unread,
    unsettled,
)
from tests.manager.rig import Rig, result_of

ID = "a" * 64
STOPPED = {"Id": ID, "Names": ["/web"], "State": "exited", "Status": "Exited (0) 1 second ago"}


def dirty(rig: Rig) -> None:
    rig.has_container(1, ID, "web")
    rig.clock.advance(1)
    rig.state.mark_dirty(ID)
    rig.clock.advance(1)


def test_what_may_have_changed_is_asked_for_again() -> None:
    rig = Rig(2)
    dirty(rig)
    rig.wire(1).on("GET", "/containers/json", (200, [STOPPED]))
    assert [engine.name for engine in unsettled(rig.fleet)] == ["node-1"]
    result_of(settle_containers(rig.fleet, unsettled(rig.fleet)))
    assert rig.state.containers[ID].state == "exited"
    assert unsettled(rig.fleet) == []
    assert rig.wire(2).asked == []


def test_what_is_settled_costs_nothing() -> None:
    rig = Rig(2)
    result_of(settle_containers(rig.fleet, unsettled(rig.fleet)))
    assert rig.wire(1).asked == rig.wire(2).asked == []


def test_a_slow_engine_holds_a_read_up_once() -> None:
    rig = Rig(1)
    dirty(rig)
    rig.wire(1).on("GET", "/containers/json", lambda target, body: Deferred())
    settling = Deferred.fromCoroutine(settle_containers(rig.fleet, unsettled(rig.fleet)))
    assert not settling.called
    rig.clock.advance(PATIENCE)
    assert settling.called and rig.state.containers[ID].state == "running"
    assert unsettled(rig.fleet) == []
    rig.now += DISTRUST
    assert len(unsettled(rig.fleet)) == 1


def test_a_client_that_leaves_meanwhile_is_no_error() -> None:
    rig = Rig(1)
    dirty(rig)
    rig.wire(1).on("GET", "/containers/json", lambda target, body: Deferred())
    settling = Deferred.fromCoroutine(settle_containers(rig.fleet, unsettled(rig.fleet)))
    settling.cancel()
    ended: list[Any] = []
    settling.addErrback(ended.append)
    assert ended[0].check(CancelledError)


def test_an_engine_that_is_back_is_trusted_again() -> None:
    rig = Rig(1)
    dirty(rig)
    result_of(settle_containers(rig.fleet, unsettled(rig.fleet)))
    assert unsettled(rig.fleet) == []
    rig.lose(1)
    rig.validate(1)
    assert len(unsettled(rig.fleet)) == 1


def test_only_stale_lists_are_asked_for() -> None:
    rig = Rig(2)
    for number in (1, 2):
        rig.has_image(number, "sha256:1", "app:1")
        rig.engine(number).stale.clear()
    rig.clock.advance(1)
    rig.state.mark_stale(rig.engine(2).key, "images")
    rig.clock.advance(1)
    rig.wire(2).on("GET", "/images/json", (200, []))
    result_of(settle_lists(rig.fleet, "images"))
    assert rig.wire(1).asked == []
    assert rig.engine(2).images == {} and "images" not in rig.engine(2).stale


def test_a_list_that_is_slow_tells_nothing_of_the_others() -> None:
    rig = Rig(1)
    key = rig.engine(1).key
    rig.has_image(1, "sha256:1", "app:1")
    rig.clock.advance(1)
    for kind in ("images", "volumes"):
        rig.state.mark_stale(key, kind)
    rig.clock.advance(1)
    rig.wire(1).on("GET", "/volumes", lambda target, body: Deferred())
    slow = Deferred.fromCoroutine(settle_lists(rig.fleet, "volumes"))
    rig.clock.advance(PATIENCE)
    assert slow.called
    rig.wire(1).on("GET", "/images/json", (200, []))
    result_of(settle_lists(rig.fleet, "images", "volumes"))
    assert rig.engine(1).images == {} and rig.engine(1).stale == {"volumes"}


def holder(rig: Rig) -> str:
    for engine in rig.state.engines.values():
        if "app:1" in engine.image_refs:
            return engine.name
    raise NoSuchImage("app:1")


def test_what_a_slow_engine_may_have_is_waited_for() -> None:
    rig = Rig(2)
    answers: list[Deferred[Any]] = []

    def slowly(target: str, body: bytes) -> Deferred[Any]:
        answers.append(Deferred())
        return answers[-1]

    rig.wire(1).on("GET", "/images/json", slowly)
    rig.state.mark_stale(rig.engine(1).key, "images")
    looking = Deferred.fromCoroutine(looked_up(rig.fleet, "images", lambda: holder(rig)))
    rig.clock.advance(PATIENCE)
    assert not looking.called
    while not looking.called:
        answers.pop(0).callback((200, [{"Id": "sha256:1", "RepoTags": ["app:1"]}]))
    found: list[str] = []
    looking.addCallback(found.append)
    assert found == ["node-1"]


def test_but_not_for_ever() -> None:
    rig = Rig(2)
    rig.wire(1).on("GET", "/images/json", lambda target, body: Deferred())
    rig.state.mark_stale(rig.engine(1).key, "images")
    looking = Deferred.fromCoroutine(looked_up(rig.fleet, "images", lambda: holder(rig)))
    ended: list[Any] = []
    looking.addErrback(ended.append)
    rig.clock.advance(PATIENCE)
    rig.clock.advance(LAST_PATIENCE)
    assert ended[0].check(NoSuchImage)


def test_what_no_engine_can_have_is_said_at_once() -> None:
    rig = Rig(2)
    looking = Deferred.fromCoroutine(looked_up(rig.fleet, "images", lambda: holder(rig)))
    ended: list[Any] = []
    looking.addErrback(ended.append)
    assert ended[0].check(NoSuchImage) and rig.wire(1).asked == []


def test_an_engine_that_refuses_a_list_does_not_spoil_the_read() -> None:
    rig = Rig(2)
    for number in (1, 2):
        rig.state.mark_stale(rig.engine(number).key, "networks")
    rig.wire(2).on("GET", "/networks", (200, [{"Id": "n" * 64, "Name": "net"}]))
    result_of(settle_lists(rig.fleet, "networks"))
    assert [network.name for network in rig.engine(2).networks.values()] == ["net"]


def test_an_engine_that_is_slow_with_each_inspect_holds_nobody_up_for_long() -> None:
    rig, slow = Rig(1), PATIENCE * 0.9
    ids = [f"{number:064x}" for number in range(50)]
    for container_id in ids:
        rig.has_container(1, container_id, f"c{container_id}")

    def answer(target: str, body: bytes) -> Any:
        return deferLater(rig.clock, slow, lambda: (404, {"message": "no such container"}))

    rig.wire(1).on("GET", "/containers/[0-9a-f]+/json", answer)
    waiting = Deferred.fromCoroutine(
        settle_details(rig.fleet, [rig.state.containers[one] for one in ids])
    )
    for _ in range(int(LAST_PATIENCE / slow) + 1):
        assert not waiting.called
        rig.clock.advance(slow)
    assert waiting.called


def test_a_slow_list_of_images_hides_nothing_that_a_client_changed() -> None:
    """It is waited for once; what was changed is asked for by its name all the same."""
    rig = Rig(1)
    key = rig.engine(1).key
    rig.wire(1).on("GET", "/images/json", lambda target, body: Deferred())
    for number, wait in enumerate((PATIENCE, 0.0), 1):
        rig.clock.advance(0.1)
        name, shown = f"a:{number}", {"Id": f"sha256:{number:064}", "RepoTags": [f"a:{number}"]}
        rig.wire(1).on("GET", f"/images/{name}/json", (200, shown))
        rig.state.images_changed(key, [name])
        settling = Deferred.fromCoroutine(settle_lists(rig.fleet, "images"))
        assert settling.called is (not wait)
        rig.clock.advance(wait)
        assert settling.called and name in rig.engine(1).image_refs
    rig.wire(1).asked.clear()
    result_of(settle_lists(rig.fleet, "images"))
    assert rig.wire(1).asked == []


def test_one_image_is_found_while_a_list_is_slow() -> None:
    rig = Rig(3)
    image = "sha256:" + "a" * 64
    for number in (1, 2):
        rig.wire(number).on("GET", "/images/json", lambda target, body: Deferred())
        rig.wire(number).on("GET", f"/images/{image}/json", (404, {"message": "none"}))
        rig.state.mark_stale(rig.engine(number).key, "images")
    rig.wire(2).on("GET", f"/images/{image}/json", (200, {"Id": image, "RepoTags": []}))
    result_of(settle_unknown(rig.fleet, [image, "../volumes", "/x"]))
    assert image in rig.engine(2).images and not rig.wire(3).asked
    assert len(rig.wire(1).asked) == len(rig.wire(2).asked) == 1
    result_of(settle_unknown(rig.fleet, [image]))
    assert len(rig.wire(1).asked) == 1, "somebody has it"


def test_of_many_images_none_is_asked_for_by_itself() -> None:
    rig = Rig(1)
    rig.state.mark_stale(rig.engine(1).key, "images")
    result_of(settle_unknown(rig.fleet, [f"app:{number}" for number in range(NAMES + 1)]))
    assert rig.wire(1).asked == []


def test_what_all_say_that_they_do_not_have_is_not_waited_for() -> None:
    rig = Rig(1)
    rig.wire(1).on("GET", "/images/json", lambda target, body: Deferred())
    rig.wire(1).on("GET", "/images/app:1/json", (404, {"message": "none"}))
    rig.state.mark_stale(rig.engine(1).key, "images")
    looking = Deferred.fromCoroutine(looked_up(rig.fleet, "images", lambda: holder(rig), ["app:1"]))
    ended: list[Any] = []
    looking.addErrback(ended.append)
    rig.clock.advance(PATIENCE)
    assert ended[0].check(NoSuchImage)


def test_what_has_lost_its_name_is_asked_for_as_well() -> None:
    """A store may have removed it."""
    rig = Rig(1)
    old, new = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    rig.has_image(1, old, "app:1")
    rig.clock.advance(1)
    rig.state.images_changed(rig.engine(1).key, ["app:1"])
    rig.clock.advance(1)
    rig.wire(1).on("GET", "/images/app:1/json", (200, {"Id": new, "RepoTags": ["app:1"]}))
    rig.wire(1).on("GET", f"/images/{old}/json", (404, {"message": "none"}))
    result_of(settle_names(rig.fleet))
    assert set(rig.engine(1).images) == {new} and not rig.engine(1).changed_images


class SlowList:
    """Engine 1 has made a container, as another process was told, and is slow to list it."""

    def __init__(self) -> None:
        self.rig = Rig(2)
        self.answer: Deferred[Any] = Deferred()
        self.rig.wire(1).on("GET", "/containers/json", lambda target, body: self.answer)
        self.rig.clock.advance(1)
        self.rig.state.mark_dirty(ID, self.rig.engine(1).key)
        self.rig.clock.advance(1)

    def looking(self, ref: str) -> Deferred[Any]:
        """Behind a read that has given up waiting for the engine."""
        reading = Deferred.fromCoroutine(
            settle_containers(self.rig.fleet, unsettled(self.rig.fleet))
        )
        self.rig.clock.advance(PATIENCE)
        assert reading.called and unsettled(self.rig.fleet) == []
        looking = Deferred.fromCoroutine(find_anywhere(self.rig.fleet, ref))
        self.rig.clock.advance(LAST_PATIENCE)
        return looking

    def tell(self, *containers: Any) -> None:
        self.answer, asked = Deferred(), self.answer
        asked.callback((200, []))  # the question before
        self.answer.callback((200, list(containers)))


@pytest.mark.parametrize("ref", [ID, "web", ID[:12]])
def test_a_container_that_must_be_there_is_found_however_slow_its_engine_is(ref: str) -> None:
    slow = SlowList()
    looking = slow.looking(ref)
    assert not looking.called
    slow.tell(STOPPED)
    assert looking.result.id == ID
    assert slow.rig.wire(2).asked == []


def test_one_that_its_engine_does_not_tell_of_is_not_said_not_to_be() -> None:
    slow = SlowList()
    looking = slow.looking(ID)
    slow.rig.clock.advance(10)
    looking.addErrback(lambda failure: failure.trap(EngineUnreachable))
    assert looking.result is EngineUnreachable


def test_what_is_another_thing_does_not_wait_for_it() -> None:
    slow = SlowList()
    assert unread(slow.rig.fleet, "b" * 64) == []
    looking = slow.looking("b" * 64)
    looking.addErrback(lambda failure: failure.trap(NoSuchContainer))
    assert looking.result is NoSuchContainer


def test_what_the_engine_does_not_have_after_all_is_not_there() -> None:
    slow = SlowList()
    looking = slow.looking("web")
    slow.tell()
    looking.addErrback(lambda failure: failure.trap(NoSuchContainer))
    assert looking.result is NoSuchContainer
