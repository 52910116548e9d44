from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from swarmd.files.in_thread import in_thread
from swarmd.files.watch import INTERVAL, PATIENCE, Watch
from tests.files.hanging import hanging_mount


class Thing:
    """Something that was made from files."""


def folder(case: SynchronousTestCase) -> Path:
    made = tempfile.TemporaryDirectory()
    case.addCleanup(made.cleanup)
    return Path(made.name)


class WatchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder(self) / "file"
        self.path.write_text("a")
        self.clock, self.thing = Clock(), Thing()
        self.read: list[Thing] = []
        self.watch = Watch[Thing](self.clock, self.changed)
        self.watch.follow(self.thing, [str(self.path)])
        self.watch.startService()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        if self.watch.running:
            self.watch.stopService()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def changed(self, thing: Thing) -> None:
        self.read.append(thing)

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def look(self, times: int = 2) -> None:
        self.clock.pump([INTERVAL] * times)

    def test_a_change_counts_once_it_looked_the_same_twice(self) -> None:
        self.look(5)
        self.write("ab")
        self.look(1)
        self.assertEqual(self.read, [])
        self.look(1)
        self.assertEqual(self.read, [self.thing])
        self.look(5)
        self.assertEqual(len(self.read), 1)

    def test_whatever_its_reader_raises_the_watch_goes_on(self) -> None:
        async def fails(thing: Thing) -> None:
            raise RecursionError

        self.patch(self.watch, "_changed", fails)
        self.write("ab")
        self.look()
        self.assertEqual(len(self.flushLoggedErrors(RecursionError)), 1)
        self.patch(self.watch, "_changed", self.changed)
        self.write("abc")
        self.look()
        self.assertEqual(len(self.read), 1)

    def test_what_nobody_keeps_is_not_followed(self) -> None:
        del self.thing
        self.write("ab")
        self.look()
        self.assertEqual(self.read, [])

    def test_reread_does_not_wait(self) -> None:
        self.watch.reread()
        self.assertEqual(len(self.read), 1)
        self.look(5)
        self.assertEqual(len(self.read), 1)


class HangingTests(SynchronousTestCase):
    """Looks that come back when the test lets them."""

    def setUp(self) -> None:
        self.path = folder(self) / "file"
        self.path.write_text("a")
        self.clock, self.thing = Clock(), Thing()
        self.read = 0
        self.asked: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.watch = Watch[Thing](self.clock, self.changed, self.executor)
        self.watch.follow(self.thing, [str(self.path)])
        self.watch.startService()
        self.addCleanup(self.watch.stopService)

    async def changed(self, thing: Thing) -> None:
        self.read += 1

    def executor(self, work: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.asked.append((work, done))
        return done

    def answer(self) -> None:
        work, done = self.asked.pop()
        done.callback(work())

    def test_one_look_at_a_time_and_a_long_one_is_told(self) -> None:
        self.clock.pump([INTERVAL] * 5)
        self.assertEqual((len(self.asked), self.watch.notices()), (1, []))
        self.clock.advance(PATIENCE)
        [notice] = self.watch.notices()
        self.assertIn(f"{self.path} cannot be looked at: its file system has not", notice)
        self.answer()
        self.assertEqual(self.watch.notices(), [])

    def test_reread_during_a_look_is_not_forgotten(self) -> None:
        self.clock.advance(INTERVAL)
        self.watch.reread()
        self.assertEqual(len(self.asked), 1)
        self.answer()
        if self.asked:
            self.answer()
        self.assertEqual(self.read, 1)


class MountTests(TestCase):
    def test_a_mount_that_hangs_holds_nobody(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.look())

    async def look(self) -> None:
        from twisted.internet import reactor
        from twisted.internet.task import deferLater

        mount, thing = folder(self) / "mount", Thing()
        read: list[Thing] = []

        async def changed(thing: Thing) -> None:
            read.append(thing)

        watch = Watch[Thing](reactor, changed, in_thread(reactor))  # type: ignore[arg-type]
        watch.follow(thing, [str(mount / "policy")])
        try:
            with hanging_mount(mount):
                watch.reread()
                await deferLater(reactor, 0.2)  # type: ignore[arg-type]
                self.assertEqual(read, [])  # and here we are
        except OSError as error:
            raise pytest.skip.Exception(f"no FUSE here: {error}") from None
        os.rmdir(mount)
        while not read:
            await deferLater(reactor, 0.02)  # type: ignore[arg-type]
