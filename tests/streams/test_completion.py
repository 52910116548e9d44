from __future__ import annotations

import weakref
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from swarmd.core.request.request_record import RequestRecord
from swarmd.streams.completion import Completion, notify


class NotifyTests(SynchronousTestCase):
    def test_it_is_called(self) -> None:
        statuses: list[int] = []
        notify(statuses.append, 200)
        notify(None, 200)
        self.assertEqual(statuses, [200])

    def test_its_errors_go_to_the_log(self) -> None:
        notify(lambda status: {}[status], 200)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)


class Asker:
    def __init__(self, record: RequestRecord | None) -> None:
        self.trail, self.record, self.statuses = None, record, list[int]()

    def answered(self, status: int) -> None:
        self.statuses.append(status)


def test_the_request_hears_of_the_head_once_and_is_let_go() -> None:
    asker: Any = Asker(None)
    gone = weakref.ref(asker)
    completion = Completion(asker, None)
    completion.answered(200)
    completion.answered(500)
    assert asker.statuses == [200] and not completion.awaited
    del asker
    assert gone() is None
    completion.finish(complete=True)


def test_the_end_is_told_once_and_what_swarmd_sent_itself_counts() -> None:
    told, ends = list[int](), list[tuple[int, bool]]()
    record = RequestRecord(None, lambda end: ends.append((end.sent, end.complete)))
    asker: Any = Asker(record)
    completion = Completion(asker, told.append)
    assert completion.awaited
    completion.answered(503, 77)
    completion.notify(503)
    completion.notify(200)
    completion.finish(complete=True)
    assert (told, ends) == ([503], [(77, True)])
