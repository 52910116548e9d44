from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from swarmd.front.site import SWEEP, CommonHeaders
from tests.front.memory import Connection, Leaf


def test_common_headers_are_rendered_once_a_second() -> None:
    now, asked = [0.5], []

    def api() -> str:
        asked.append(1)
        return "1.44"

    common = CommonHeaders(lambda: now[0], "0.1", api)
    assert common() == (
        b"Api-Version: 1.44\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
        b"Server: swarmd/0.1 (linux)\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    )
    now[0] = 0.9
    common()
    assert len(asked) == 1
    now[0] = 1.0
    assert b"00:00:01 GMT" in common()


class Sweeping(SynchronousTestCase):
    def setUp(self) -> None:
        self.made = Connection({"x": Leaf(lambda request: None)})
        self.made.site.startFactory()

    def test_deadlines_are_looked_at_while_the_site_runs(self) -> None:
        self.made.send(b"GET ")
        self.made.clock.pump([SWEEP] * 6)
        self.assertEqual(self.made.statuses(), [408])
        self.made.site.stopFactory()
        self.assertEqual(self.made.clock.getDelayedCalls(), [])
        self.made.site.stopFactory()

    def test_one_failure_does_not_end_the_loop(self) -> None:
        self.made.send(b"GET ")
        broken = self.made.transport
        broken.write = lambda data: 1 / 0
        self.made.clock.pump([SWEEP] * 6)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.made.open()
        self.made.send(b"GET ")
        broken.write = lambda data: None
        self.made.clock.pump([SWEEP] * 6)
        self.assertEqual(self.made.statuses(), [408])
        self.made.site.stopFactory()
