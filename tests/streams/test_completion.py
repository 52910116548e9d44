from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from swarmd.streams.completion import tell


class TellTests(SynchronousTestCase):
    def test_it_is_called(self) -> None:
        told: list[int] = []
        tell(told.append, 200)
        tell(None, 200)
        self.assertEqual(told, [200])

    def test_its_errors_go_to_the_log(self) -> None:
        tell(lambda status: {}[status], 200)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
