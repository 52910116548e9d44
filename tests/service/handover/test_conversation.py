from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.service.handover.conversation import Conversation, converse
from swarmd.service.handover.messages import Message, MessageReader, encoded


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

    async def test_what_was_said_is_heard_at_once_by_who_asks_for_it(self) -> None:
        """Both without a turn of the reactor: a client may be answered in between."""
        for number in range(3):
            self.ours.send("news", number=number)
        self.assertEqual(self.heard, [])
        self.theirs.catch_up()
        self.assertEqual([each.about["number"] for each in self.heard], [0, 1, 2])
        await self.end()
        self.theirs.catch_up()

    async def test_what_comes_while_something_is_heard_is_heard_behind_it(self) -> None:
        order: list[str] = []

        def hear(message: Message, descriptors: Sequence[int]) -> None:
            order.append(f"{message.kind} begins")
            if message.kind == "first":
                self.ours.send("third")
                self.theirs.catch_up()
            order.append(f"{message.kind} ends")

        self.theirs.heard = hear
        self.ours.send("first")
        self.ours.send("second")
        self.theirs.catch_up()
        self.theirs.catch_up()
        words = [
            f"{one} {step}" for one in ("first", "second", "third") for step in ("begins", "ends")
        ]
        self.assertEqual(order, words)
        await self.end()

    async def test_it_goes_on_behind_what_was_read_before_it_began(self) -> None:
        reader = MessageReader()
        split = encoded(Message("second"))
        [first] = reader.feed(encoded(Message("first")) + split[:5])
        self.theirs.begin(reader, [first])
        self.ours.transport.write(split[5:])
        self.ours.transport.doWrite()
        self.theirs.catch_up()
        self.assertEqual([each.kind for each in self.heard], ["first", "second"])
        await self.end()

    async def test_nonsense_ends_it(self) -> None:
        self.ours.transport.write(b"\0\0\0\2{}")
        for ended in self.both_ended:
            await ended
        self.assertEqual(len(self.flushed()), 0)

    def flushed(self) -> list[Any]:
        return self.flushLoggedErrors()
