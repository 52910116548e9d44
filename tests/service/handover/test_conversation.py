from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.messages import Message


class Talk(TestCase):
    """Two ends in one process."""

    timeout = 20

    def setUp(self) -> None:
        self.heard: list[Message] = []
        self.came: Deferred[int] = Deferred()
        self.both_ended = [Deferred[None](), Deferred[None]()]
        one, other = socket.socketpair()
        self.ours = Conversation(self.hear, lambda: self.both_ended[0].callback(None))
        self.theirs = Conversation(self.hear, lambda: self.both_ended[1].callback(None))
        converse(reactor, one, self.ours)
        converse(reactor, other, self.theirs)

    def hear(self, message: Message, descriptors: Sequence[int]) -> None:
        self.heard.append(message)
        for each in descriptors:
            self.came.callback(each)

    async def end(self) -> None:
        self.ours.close()
        for ended in self.both_ended:
            await ended

    async def test_messages_come_with_their_files_in_order(self) -> None:
        out, into = os.pipe()
        self.ours.send("first", number=1)
        self.ours.send("second", [into])
        os.close(into)
        copy = await self.came
        self.assertFalse(os.get_inheritable(copy))
        os.write(copy, b"x")
        self.assertEqual(os.read(out, 9), b"x")
        os.close(copy)
        self.assertEqual([each.kind for each in self.heard], ["first", "second"])
        await self.end()
        self.assertEqual(os.read(out, 9), b"")  # nobody has it open any more
        os.close(out)
        self.ours.send("nobody hears it")

    async def test_nonsense_ends_it(self) -> None:
        self.ours.transport.write(b"\0\0\0\2{}")
        for ended in self.both_ended:
            await ended
        self.assertEqual(len(self.flushed()), 0)

    def flushed(self) -> list[Any]:
        return self.flushLoggedErrors()
