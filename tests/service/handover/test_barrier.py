"""What the oldest of three processes has told its clients is known to the newest."""

from __future__ import annotations

import socket
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from unittest.mock import Mock

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from swarmd.cluster.state import State
from swarmd.front.site import DockerSite
from swarmd.service.handover.barrier import DISTRUST, LIMIT, Barrier, Barriers
from swarmd.service.handover.handover import Handover
from swarmd.service.handover.messages import PROTOCOL, Message
from swarmd.service.handover.predecessor import Predecessor
from swarmd.service.handover.rendezvous import Call

PATH = b"/containers/web/json"


def test_requests_wait_for_the_answer_and_share_the_next_question() -> None:
    asked: list[int] = []
    begun: list[str] = []
    barrier = Barrier(Clock(), asked.append)
    assert not barrier.closed
    barrier.chained = True
    assert barrier.closed
    for name in "abc":
        assert Barriers(barrier).later(PATH, lambda name=name: begun.append(name))  # type: ignore[misc]
    assert (asked, begun) == ([1], [])
    barrier.answered(1, alone=False)
    assert (asked, begun) == ([1, 2], ["a"])  # b and c came behind the first question
    barrier.answered(1, alone=False)  # none that is waited for
    barrier.answered(2, alone=True)
    assert (asked, begun, barrier.closed) == ([1, 2], ["a", "b", "c"], False)


def test_what_says_itself_what_it_knows_never_waits() -> None:
    barrier = Barrier(Clock(), lambda number: None)
    assert not Barriers(barrier).later(b"/_ping", lambda: None)


def test_processes_that_do_not_answer_hold_nobody_up_for_long() -> None:
    clock, begun = Clock(), list[str]()
    barrier = Barrier(clock, lambda number: None)
    barrier.chained = True
    Barriers(barrier).later(PATH, lambda: begun.append("a"))
    clock.advance(LIMIT)
    assert begun == ["a"] and not barrier.closed
    barrier.answered(1, alone=False)
    clock.advance(DISTRUST)
    assert barrier.closed


def test_the_end_of_the_process_before_is_the_end_of_all_waiting() -> None:
    clock, begun = Clock(), list[str]()
    barrier = Barrier(clock, lambda number: None)
    barrier.chained = True
    Barriers(barrier).later(PATH, lambda: begun.append("a"))
    Barriers(barrier).later(PATH, lambda: begun.append("b"))
    barrier.end()
    assert begun == ["a", "b"] and not barrier.closed and not clock.getDelayedCalls()


def process() -> Any:
    """One that serves nobody, and has something left to do until it is told that it has not."""
    work, memory, gate = Mock(), Mock(), Mock()
    work.pause.return_value = succeed(None)
    work.document.return_value = memory.document.return_value = {}
    gate.when_open = lambda call: call()
    listeners = Mock(addresses=[], connections=0)
    listeners.descriptors.return_value = {}
    site = DockerSite(Resource(), Clock())
    state = State(lambda: 1.0)
    made = Handover(reactor, state, site, listeners, work, memory, gate, Mock(address=""))
    made._stop = lambda: None
    made.background = lambda: 1
    return made


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        turn: Deferred[None] = Deferred()
        reactor.callLater(0.001, turn.callback, None)  # type: ignore[attr-defined]
        await turn


async def followed(old: Any, new: Any) -> None:
    ours, theirs = socket.socketpair()
    old.called(theirs)
    call = Call(ours, started=True, welcome=Message("welcome", {"up": []}))
    before = new._predecessor = Predecessor(new, call, [], new._serve, new._refused)
    before.start()
    before.send("hello", protocols=[PROTOCOL], process=1)
    before.meet_nodes()
    await until(lambda: before.served and old.finishing is not None)


class ThreeProcesses(TestCase):
    timeout = 20

    async def row(self) -> list[Any]:
        row = [process() for _ in range(3)]
        for old, new in pairwise(row):
            await followed(old, new)
        self.addCleanup(self._end, row)
        return row

    async def _end(self, row: list[Any]) -> None:
        for each in row:
            each.background = int
            if each.finishing is not None:
                each.finishing.stopService()
        for each in row[1:]:
            each._predecessor._conversation.close()
        await until(lambda: not any(each.has_predecessor for each in row))
        await until(lambda: not any(each._successor._conversation.open for each in row[:-1]))

    async def test_the_newest_waits_until_the_middle_one_has_passed_it_on(self) -> None:
        oldest, middle, newest = await self.row()
        link = middle._predecessor._conversation.transport
        link.pauseProducing()  # it is busy with something else
        oldest.state.add_exec("e1", "c1")
        newest.site.catch_up()
        self.assertIsNone(newest.state.execs.get("e1"))
        begun: Deferred[None] = Deferred()
        self.assertTrue(newest.site.gate.closed)
        self.assertTrue(newest.site.gate.later(PATH, lambda: begun.callback(None)))
        link.resumeProducing()
        await begun
        self.assertEqual(newest.state.execs.get("e1"), "c1")

    async def test_so_does_the_oldest_which_answers_once_more_over_tls(self) -> None:
        oldest, middle, newest = await self.row()
        await until(lambda: oldest.site.gate is not None)
        link = middle._successor._conversation.transport
        link.pauseProducing()
        newest.state.add_exec("e1", "c1")
        begun: Deferred[None] = Deferred()
        self.assertTrue(oldest.site.gate.later(PATH, lambda: begun.callback(None)))
        self.assertIsNone(oldest.state.execs.get("e1"))
        link.resumeProducing()
        await begun
        self.assertEqual(oldest.state.execs.get("e1"), "c1")

    async def test_with_two_left_nobody_waits_any_more(self) -> None:
        oldest, middle, newest = await self.row()
        oldest.finishing.stopService()
        middle._predecessor._conversation.close()
        await until(lambda: not middle._predecessor.hears)
        begun: Deferred[None] = Deferred()
        newest.site.gate.later(PATH, lambda: begun.callback(None))
        await begun
        self.assertFalse(newest.site.gate.closed)

    async def test_of_two_processes_nobody_asks(self) -> None:
        old, new = process(), process()
        await followed(old, new)
        self.addCleanup(self._end, [old, new])
        self.assertIsNone(new.site.gate)
