from __future__ import annotations

import os
import socket
import tempfile
import threading
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.service.handover.messages import Message, encoded
from swarmd.service.handover.rendezvous import (
    VARIABLE,
    Call,
    MeetingPoint,
    NoAnswer,
    OtherProtocol,
    find_call,
)


def answered(*messages: Message, descriptors: tuple[int, ...] = ()) -> Call:
    """A call to somebody who says that."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs:
            theirs.recv(999)
            for message in messages:
                socket.send_fds(theirs, [encoded(message)], list(descriptors))

    threading.Thread(target=answer).start()
    return Call(ours, started=False)


def test_the_welcome_brings_the_listening_sockets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = answered(Message("welcome", {}, 1), descriptors=(server.fileno(),))
        call.hail(protocols=[1])
        [descriptor] = call.descriptors
        with socket.socket(fileno=descriptor) as copy:
            assert copy.getsockname() == server.getsockname()
    call.opened.close()


def test_what_is_said_behind_the_welcome_is_kept() -> None:
    ours, theirs = socket.socketpair()
    rest = encoded(Message("third"))
    theirs.sendall(encoded(Message("welcome")) + encoded(Message("second")) + rest[:6])
    call = Call(ours, started=True)
    call.hail(protocols=[1])
    assert [message.kind for message in call.more] == ["second"]
    assert [message.kind for message in call.reader.feed(rest[6:])] == ["third"]
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ([], NoAnswer, "it has ended"),
        ([Message("refused", {"why": "busy"})], NoAnswer, "busy"),
        ([Message("refused", {"why": "old", "final": True})], OtherProtocol, "old"),
    ],
)
def test_who_does_not_hand_over_says_why(
    said: list[Message], error: type[Exception], words: str
) -> None:
    call = answered(*said)
    with pytest.raises(error, match=words):
        call.hail()
    call.opened.close()


def test_a_process_that_was_started_for_it_has_its_end_already() -> None:
    one, other = socket.socketpair()
    with other:
        environ = {VARIABLE: str(one.detach())}
        call = find_call(environ)
        assert call is not None and call.started and environ == {}
        call.opened.close()
    assert find_call({}) is None


class Meeting(TestCase):
    timeout = 20

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp(dir="/tmp"))
        path = folder / "notify"
        self.addCleanup(folder.rmdir)
        self.addCleanup(path.unlink)
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.inbox.close)
        self.inbox.bind(str(path))
        self.called: Deferred[socket.socket] = Deferred()
        self.closed: Deferred[None] = Deferred()
        self.meeting = MeetingPoint(
            reactor, str(path), self.called.callback, lambda: self.closed.callback(None)
        )
        self.meeting.open()
        self.assertIn(b"FDSTOREREMOVE=1", self.inbox.recv(999))
        data, [self.kept], _, _ = socket.recv_fds(self.inbox, 999, 1)
        self.assertIn(b"FDSTORE=1\nFDNAME=swarmd-handover", data)

    async def test_the_next_process_calls_by_what_systemd_keeps(self) -> None:
        self.assertTrue(self.meeting.kept)
        environ = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "swarmd-handover"}
        self.patch(
            __import__("swarmd.config.inherited_sockets", fromlist=["FIRST"]), "FIRST", self.kept
        )
        call = find_call(environ)
        assert call is not None
        with await self.called as opened, call.opened:
            opened.sendall(b"hello")
            self.assertEqual(call.opened.recv(9), b"hello")
        os.close(self.kept)
        await self.closed

    async def test_a_stop_of_the_unit_is_heard(self) -> None:
        os.close(self.kept)
        await self.closed
        self.assertFalse(self.meeting.kept)


def test_without_systemd_there_is_no_meeting() -> None:
    meeting = MeetingPoint(reactor, "", lambda opened: None, lambda: None)
    meeting.open()
    assert not meeting.kept and meeting.fileno() == -1
    meeting.close()
