from __future__ import annotations

import pytest

from swarmd.api.operators.probes import Probes
from swarmd.manager.fleet.startup_gate import StartupGate
from tests.api.rig import ApiRig, Client


class Probed:
    """A fleet with probes, of which the test says whether it is ready."""

    def __init__(self) -> None:
        self.rig = ApiRig()
        self.ready = True
        self.rig.fleet.ready = lambda: self.ready
        Probes(self.rig.fleet).attach(self.rig.root)

    def answer(self, path: str, method: str = "GET", *headers: str) -> tuple[int, bytes]:
        head, body = self.rig.ask(method, path, None, *headers).whole()
        return head.status, body


def test_one_word_each() -> None:
    probed = Probed()
    assert probed.answer("/healthz") == (200, b"ok\n")
    assert probed.answer("/readyz") == (200, b"ready\n")
    probed.ready = False
    assert probed.answer("/healthz") == (200, b"ok\n")
    assert probed.answer("/readyz") == (503, b"waiting\n")


def test_they_are_asked_by_head_as_well() -> None:
    probed = Probed()
    probed.ready = False
    client = probed.rig.ask("HEAD", "/readyz")
    assert client.received.startswith(b"HTTP/1.1 503") and client.received.endswith(b"\r\n\r\n")


def test_no_cache_keeps_the_answer() -> None:
    head, _ = Probed().rig.ask("GET", "/readyz").whole()
    assert head.get(b"cache-control") == b"no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_balancer_may_call_us_by_any_name(path: str) -> None:
    probed = Probed()
    probed.rig.site.answer_to({"swarmd"})
    client = Client(probed.rig.site)
    for asked, status in ((path, b"200"), ("/info", b"403"), (path, b"200")):
        client.transport.clear()
        head = f"GET {asked} HTTP/1.1\r\nHost: balancer.example\r\n\r\n"
        client.channel.dataReceived(head.encode())
        assert client.received[9:12] == status


def test_they_answer_while_other_requests_wait_for_the_first_contact() -> None:
    probed = Probed()
    gate = StartupGate(probed.rig.state.engines, probed.rig.clock)
    gate.closed = True
    probed.rig.site.gate = gate
    assert probed.answer("/healthz") == (200, b"ok\n")
    assert probed.answer("/v1.41/readyz") == (200, b"ready\n")
    assert probed.rig.ask("GET", "/containers/healthz/json").received == b""
    assert probed.rig.ask("DELETE", "/containers/healthz").received == b""
