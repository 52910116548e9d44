"""What the serving process does with one that calls."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from swarmd.cluster.actions import EngineListed
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from swarmd.service.handover.claims import ClaimMirror
from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.messages import PROTOCOL, Message
from swarmd.service.handover.successor import Stage, Successor
from tests.service.handover.rig import ServingDouble


class Calling(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.serving = ServingDouble()
        ours, theirs = socket.socketpair()
        self.said: dict[str, Deferred[Any]] = {
            kind: Deferred() for kind in ("welcome", "yours", "refused")
        }
        self.on_claim: Callable[[Mapping[str, Any]], None] = lambda about: None
        self.ended: Deferred[None] = Deferred()
        self.end = Conversation(self.hear, lambda: self.ended.callback(None))
        converse(reactor, theirs, self.end)
        self.successor = Successor(self.serving, ours)

    def hear(self, message: Message, descriptors: Sequence[int]) -> None:
        for each in descriptors:
            os.close(each)
        if message.kind == "claim":
            self.on_claim(message.about)
        elif message.kind in self.said:
            self.said[message.kind].callback(message.about)

    async def finish(self) -> None:
        self.end.close()
        await self.ended
        await self.serving.gone

    async def to_be_given_all(self) -> None:
        self.end.send("hello", protocols=[PROTOCOL], process=7)
        about = await self.said["welcome"]
        self.assertEqual(about["listeners"], {"tcp://a:1": 1})
        self.assertEqual(self.serving.done, [])
        self.end.send("ready")
        about = await self.said["yours"]
        self.assertEqual(about["work"], {"book": 1})
        self.assertEqual(self.serving.done, ["pause", "hold", "leave"])
        self.assertFalse(self.successor.take(None, b""))

    async def test_it_is_given_everything_once_it_is_ready(self) -> None:
        await self.to_be_given_all()
        self.end.send("taken", listen=["tcp://a:1"])
        await self.serving.over
        self.assertEqual(self.serving.done[-1], "handed over ['tcp://a:1']")
        self.assertIs(self.successor.stage, Stage.SERVING)
        await self.finish()
        self.assertNotIn("resume", self.serving.done)

    async def test_a_container_made_before_it_serves_is_told_as_one(self) -> None:
        """It has taken its picture by then, and may not hear of it from a slow engine."""
        self.end.send("hello", protocols=[PROTOCOL], process=7)
        await self.said["welcome"]
        other = State(lambda: 1.0)
        other.dispatch(EngineListed("e:1", "e:1"))
        mirror = ClaimMirror(other, "7", lambda about: None)
        self.on_claim = mirror.hear
        pending = Container("pending-1", "e:1", ("web",), pending=True)
        self.serving.state.reserve(pending)
        self.serving.state.confirm(pending.id, pending._replace(id="f" * 64, pending=False))
        self.end.send("ready")
        await self.said["yours"]
        self.assertEqual(other.containers["f" * 64].name, "web")
        await self.finish()

    async def test_one_that_dies_in_the_last_moment_leaves_all_as_it_was(self) -> None:
        await self.to_be_given_all()
        await self.finish()
        self.assertEqual(self.serving.done[3:], ["resume", "begin", "let_in"])

    async def test_one_that_may_yet_serve_is_killed_before_this_one_goes_on(self) -> None:
        await self.to_be_given_all()
        assert self.successor._timer is not None
        self.successor._timer.reset(0)
        while "kill 7" not in self.serving.done:
            await deferLater(reactor, 0.01)
        self.assertNotIn("let_in", self.serving.done)
        await self.finish()
        self.assertEqual(self.serving.done[4:], ["resume", "begin", "let_in"])

    async def test_one_that_dies_early_changes_nothing(self) -> None:
        self.end.send("hello", protocols=[PROTOCOL], process=7)
        await self.said["welcome"]
        await self.finish()
        self.assertEqual(self.serving.done, [])

    async def test_one_of_another_time_is_refused_and_may_ask_for_the_place(self) -> None:
        self.end.send("hello", protocols=[PROTOCOL + 1], process=7)
        about = await self.said["refused"]
        self.assertTrue(about["final"])
        self.end.send("end", why="it is old")
        await self.finish()
        self.assertEqual(self.serving.done, ["end it is old"])

    async def test_a_second_one_is_refused(self) -> None:
        self.serving.why = "process 5 is about to take over"
        self.end.send("hello", protocols=[PROTOCOL], process=7)
        about = await self.said["refused"]
        self.assertIn("process 5", about["why"])
        await self.ended
        await self.serving.gone
