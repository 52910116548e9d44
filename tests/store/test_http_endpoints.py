"""A store that is asked over HTTP, with TLS: a real etcd, and servers of a few lines."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Factory, Protocol

from swarmd.store import http_endpoints
from swarmd.store.http_endpoints import AT_ONCE, HttpEndpoints, Unanswered, collect
from swarmd.store.interfaces import StoreLost, StoreUnsure
from swarmd.tls.trust import TlsFiles, Trust, client_trust
from tests.lab.certificates import Authority, Certificate
from tests.lab.stores import etcd_members, own_address
from tests.store.faults import REACTOR, StoreFaults

pytestmark = pytest.mark.engines

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Index: 7\r\n\r\nhi"


class _Scripted(Protocol):
    def __init__(self, respond: Callable[[Any], None]) -> None:
        self._respond = respond

    def dataReceived(self, data: bytes) -> None:
        self._respond(self.transport)


class HttpEndpointsTests(StoreFaults):
    def server(self, respond: Callable[[Any], None]) -> str:
        factory = Factory.forProtocol(lambda: _Scripted(respond))  # type: ignore[arg-type]
        port = REACTOR.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"127.0.0.1:{port.getHost().port}"

    def endpoints(self, places: Sequence[str], tls: Trust | None = None) -> HttpEndpoints:
        http = HttpEndpoints(REACTOR, "etcd://lab", places, tls)
        self.addCleanup(lambda: Deferred.fromCoroutine(http.close()))
        return http

    async def test_who_refuses_is_passed_over_and_asked_last_from_then_on(self) -> None:
        good = self.server(lambda wire: wire.write(ANSWER))
        http, moves = self.endpoints(["127.0.0.1:1", good]), list[str]()
        http.on_move(lambda: moves.append(http.place))
        for _ in range(2):
            answer = await http.ask("POST", "/", b"x", repeatable=False)
            self.assertEqual((answer.status, answer.body), (200, b"hi"))
            self.assertEqual(answer.headers["x-index"], "7")
        self.assertEqual(moves, [good])

    async def test_what_may_have_arrived_is_sent_once(self) -> None:
        asked: list[int] = []

        def breaks(wire: Any) -> None:
            asked.append(1)
            wire.loseConnection()

        good = self.server(lambda wire: wire.write(ANSWER))
        http = self.endpoints([self.server(breaks), good])
        with self.assertRaises(StoreUnsure):
            await http.ask("POST", "/", b"x", repeatable=False)
        http = self.endpoints([self.server(breaks), good])
        self.assertEqual((await http.ask("POST", "/", b"x")).body, b"hi")
        self.assertEqual(asked, [1, 1])

    async def test_nobody_answers(self) -> None:
        http = self.endpoints(["127.0.0.1:1", f"{own_address()}:1"])
        for repeatable in (True, False):
            with self.assertRaisesRegex(StoreLost, "etcd://lab cannot be reached: 127.*efused"):
                await http.ask("GET", "/", repeatable=repeatable)

    async def test_calls_wait_for_their_turn_and_not_for_ever(self) -> None:
        self.patch(http_endpoints, "ANSWER", 0.3)
        wires: list[Any] = []
        http = self.endpoints([self.server(wires.append)])
        calls = [Deferred.fromCoroutine(http.ask("GET", "/")) for _ in range(AT_ONCE + 3)]
        with self.assertRaisesRegex(StoreLost, "no answer within 0.3 s"):
            await calls[0]
        for call in calls[1:]:
            with self.assertRaises(StoreLost):
                await call
        self.assertLessEqual(len(wires), AT_ONCE + 3)

    async def test_an_answer_that_has_no_end(self) -> None:
        self.patch(http_endpoints, "LARGEST_ANSWER", 1 << 16)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        http = self.endpoints([self.server(lambda wire: wire.write(head + bytes(100_000)))])
        with self.assertRaisesRegex(StoreLost, "an answer of more than"):
            await http.ask("GET", "/")

    async def test_a_stream_that_is_collected_has_the_same_bound(self) -> None:
        self.patch(http_endpoints, "LARGEST_ANSWER", 1 << 16)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        place = self.server(lambda wire: wire.write(head + bytes(100_000)))
        http, collected = self.endpoints([place]), bytearray()
        with self.assertRaisesRegex(Unanswered, "an answer of more than"):
            await http.stream(place, "GET", "/", b"", None, collect(collected))

    async def test_a_stream_is_cancelled(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
        place = self.server(lambda wire: wire.write(head))
        http, received = self.endpoints([place]), list[bytes]()
        stream = Deferred.fromCoroutine(http.stream(place, "GET", "/", b"", None, received.append))
        await self.until(lambda: received)
        stream.cancel()
        with self.assertRaises(CancelledError):
            await stream

    async def test_tls(self) -> None:
        """Both sides show certificates; a wrong one, an expired one and none are told apart."""
        ours, others = Authority(self.folder), Authority(self.folder, "other-ca")
        (member,) = etcd_members(self.folder, scheme="https")
        host = member.place.rsplit(":", 1)[0]
        server, client = ours.issue("server", [host]), ours.issue("client", ["client"])
        self.use(member, server, ours, client)
        trust = self.trust(server, client)
        http = self.endpoints([member.place], trust)
        self.assertEqual((await http.ask("POST", "/v3/kv/range", b'{"key":"YQ=="}')).status, 200)
        stranger = others.issue("stranger", [host])
        for files in (TlsFiles(str(stranger.ca), verify=True), TlsFiles(str(server.ca))):
            other = client_trust(files)
            other.read()
            with self.assertRaises(StoreLost) as raised:
                await self.endpoints([member.place], other).ask(
                    "POST", "/v3/kv/range", b'{"key":"YQ=="}', repeatable=False
                )
            self.assertIn("certificate", str(raised.exception))
        member.stop()
        self.assertIn("efused", await self.answered_lost(http))
        day = datetime.timedelta(days=1)
        server.replace_by(ours.issue("expired", [host], -day, since=-2 * day))
        self.start([member])
        why = await self.lost(http.ask("POST", "/v3/kv/range", b"{}", repeatable=False))
        self.assertIn("expired", why)

    async def answered_lost(self, http: HttpEndpoints) -> str:
        """Why it is lost, once its connections are known to be."""
        while True:
            try:
                await http.ask("POST", "/v3/kv/range", b"{}", repeatable=False)
            except StoreUnsure:
                continue
            except StoreLost as error:
                return str(error)

    def use(self, member: Any, server: Certificate, ours: Authority, client: Certificate) -> None:
        member.command += [
            f"--cert-file={server.cert}",
            f"--key-file={server.key}",
            f"--trusted-ca-file={server.ca}",
            "--client-cert-auth",
        ]
        self.start([member])

    def trust(self, server: Certificate, client: Certificate) -> Trust:
        trust = client_trust(
            TlsFiles(str(server.ca), str(client.cert), str(client.key), verify=True)
        )
        trust.read()
        return trust
