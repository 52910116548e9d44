from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from swarmd.front.client_site import SWEEP
from tests.api.rig import ApiRig, Client
from tests.front.memory import Connection, Leaf


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


def test_other_names_count_on_open_connections_too() -> None:
    rig = ApiRig(1)
    client = Client(rig.site)
    ask = b"GET /_ping HTTP/1.1\r\nHost: old\r\n\r\n"
    for names, status in (({"old"}, b"200"), ({"new"}, b"403"), ({"old"}, b"200")):
        rig.site.answer_to(names)
        client.channel.dataReceived(ask)
        assert client.received.rpartition(b"HTTP/1.1 ")[2][:3] == status
