"""How a new process takes over from one that serves."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.messages import Message
from swarmd.service.handover.predecessor import Predecessor
from swarmd.service.handover.rendezvous import Call
from tests.service.handover.rig import ServingDouble


class TakingOver(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.serving = ServingDouble()
        ours, theirs = socket.socketpair()
        self.said: dict[str, Deferred[Any]] = {
            kind: Deferred() for kind in ("ready", "taken", "refused")
        }
        self.ended: Deferred[None] = Deferred()
        self.end = Conversation(self.hear, lambda: self.ended.callback(None))
        converse(reactor, theirs, self.end)
        self.served: Deferred[bool] = Deferred()
        self.refused: Deferred[str] = Deferred()
        call = Call(ours, started=True, welcome=Message("welcome", {"up": []}))
        self.predecessor = Predecessor(
            self.serving, call, ["tcp://a:1"], self.served.callback, self.refused.callback
        )
        self.predecessor.start()

    def hear(self, message: Message, descriptors: Sequence[int]) -> None:
        if message.kind in self.said:
            self.said[message.kind].callback(message.about)

    async def finish(self) -> None:
        self.end.close()
        await self.ended
        self.predecessor.stop()

    async def test_it_takes_all_and_says_where_it_listens(self) -> None:
        self.predecessor.meet_nodes()
        await self.said["ready"]
        self.end.send("yours", work={}, memory={})
        self.assertTrue(await self.served)
        self.assertEqual(await self.said["taken"], {"listen": ["tcp://a:1"]})
        self.assertEqual(self.serving.done, ["take_in", "begin"])
        await self.finish()

    async def test_it_goes_on_alone_where_the_other_one_was_killed(self) -> None:
        self.predecessor.meet_nodes()
        await self.said["ready"]
        self.end.close()
        self.assertFalse(await self.served)
        await self.ended

    async def test_one_that_is_killed_before_first_contact_is_waited_for_no_longer(self) -> None:
        self.end.close()
        await self.ended
        while not self.predecessor._is_gone:
            turn: Deferred[None] = Deferred()
            reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
            await turn
        self.predecessor.meet_nodes()
        self.assertFalse(await self.served)

    async def test_it_hears_that_it_is_not_wanted(self) -> None:
        self.end.send("refused", why="systemd starts another one")
        self.assertEqual(await self.refused, "systemd starts another one")
        await self.finish()
        self.assertFalse(self.served.called)

    async def test_what_cannot_be_taken_over_is_left_where_it_is(self) -> None:
        self.end.send("yours", work={})
        self.assertIn("memory", await self.refused)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        await self.finish()
        self.assertFalse(self.served.called)
