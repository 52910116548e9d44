"""Engines that DNS lists: Twisted's own DNS server answers."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet import reactor
from twisted.names import dns
from twisted.names.authority import FileAuthority
from twisted.names.common import ResolverBase
from twisted.names.server import DNSServerFactory
from twisted.trial.unittest import TestCase

from swarmd.discovery import service_records
from swarmd.discovery.polled_list import ListUnknown
from swarmd.discovery.service_records import ServiceRecords, parse_service

REACTOR: Any = reactor


class _Zone(FileAuthority):
    def __init__(self, records: dict[bytes, list[Any]]) -> None:
        ResolverBase.__init__(self)
        soa = dns.Record_SOA(mname=b"ns.lab", rname=b"root.lab", serial=1)
        self.soa = (b"lab", soa)
        self.records = {b"lab": [soa], **records}

    def setupConfigNamespace(self) -> None:
        """There is no file."""


class ServiceRecordsTests(TestCase):
    def serve(self, records: dict[bytes, list[Any]]) -> str:
        server = DNSServerFactory(authorities=[_Zone(records)])
        server.noisy = False
        port = REACTOR.listenUDP(0, dns.DNSDatagramProtocol(server), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"127.0.0.1:{port.getHost().port}"

    async def test_records_are_engines(self) -> None:
        records = [
            dns.Record_SRV(0, 0, 2376, b"a.lab", 60),
            dns.Record_SRV(9, 1, 2375, b"b.lab", 60),
        ]
        server = self.serve({b"_docker._tcp.lab": records})
        found = await ServiceRecords(REACTOR, f"{server}/_docker._tcp.lab").lines()
        self.assertEqual(found, {"a.lab:2376": "a.lab:2376", "b.lab:2375": "b.lab:2375"})

    async def test_no_such_name(self) -> None:
        server = self.serve({})
        records = ServiceRecords(REACTOR, f"{server}/_docker._tcp.lab")
        with self.assertRaisesRegex(ListUnknown, r"dns\+srv://_docker._tcp.lab: there is no such"):
            await records.lines()
        await records.close()

    async def test_nobody_answers(self) -> None:
        self.patch(service_records, "_TRIES", (0.1,))
        silent = REACTOR.listenUDP(0, dns.DNSDatagramProtocol(self), interface="127.0.0.1")
        self.addCleanup(silent.stopListening)
        with self.assertRaisesRegex(ListUnknown, "DNS does not answer"):
            await ServiceRecords(
                REACTOR, f"127.0.0.1:{silent.getHost().port}/_docker._tcp.lab"
            ).lines()

    def messageReceived(self, message: object, proto: object, address: object) -> None:
        """Says nothing."""


def test_urls() -> None:
    assert parse_service("_docker._tcp.example.com") == ("_docker._tcp.example.com", None)
    assert parse_service("10.0.0.53/_d._tcp.x") == ("_d._tcp.x", ("10.0.0.53", 53))
    assert parse_service("[::1]:5353/_d._tcp.x") == ("_d._tcp.x", ("::1", 5353))


@pytest.mark.parametrize("rest", ["", "a b", "a..b", "x" * 64, "/a", "a:b/c", "é.example"])
def test_no_urls(rest: str) -> None:
    with pytest.raises(ValueError):
        parse_service(rest)
