from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from swarmd.streams.completion import notify


class NotifyTests(SynchronousTestCase):
    def test_it_is_called(self) -> None:
        statuses: list[int] = []
        notify(statuses.append, 200)
        notify(None, 200)
        self.assertEqual(statuses, [200])

    def test_its_errors_go_to_the_log(self) -> None:
        notify(lambda status: {}[status], 200)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
