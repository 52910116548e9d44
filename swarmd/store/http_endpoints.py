"""The endpoints of a store that is asked over HTTP: any will do; the first that answers is kept.

What was never sent is certainly not done, so the next endpoint is asked; so is it for what may be
done twice. Everything else whose answer does not come is left open (``StoreUnsure``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from OpenSSL import SSL
from twisted.internet import error as internet_error
from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from zope.interface import implementer

from swarmd.codec.head import render_request
from swarmd.core.addresses import parse_address
from swarmd.store.http_connection import HttpConnection, HttpConnections
from swarmd.store.interfaces import StoreLost, StoreUnsure
from swarmd.tls.tls_errors import of_engine
from swarmd.tls.trust import ClientTls, Trust

CONNECT = 1.5  # seconds, for one endpoint
ANSWER = 4.0  # seconds for one answer, so that a slow store is waited for, and none that hangs
ELSEWHERE = 2.5  # seconds, after which another endpoint is asked what may be asked twice
LONGEST = 5.5  # seconds for one call, over all endpoints, and with the wait for its turn
AT_ONCE = 32  # calls; Consul takes 200 connections of one client, watches included
LARGEST_ANSWER = 64 << 20  # bytes
_LEAST = 0.05  # seconds, in which nobody answers
_LONGEST_WORDS = 300  # characters of an error


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One whole answer; ``headers`` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NotSent(Exception):
    """A request that certainly reached nobody; the text says why."""


class Unanswered(Exception):
    """A request that was sent, perhaps, and got no whole answer; the text says why."""


# Method, path, body, headers.
_Question = tuple[str, str, bytes, Mapping[str, str] | None]


class HttpEndpoints:
    """The endpoints of one store.

    Args:
        places: ``HOST:PORT`` of each.
        tls: None speaks plainly.
    """

    def __init__(self, reactor: Any, name: str, places: Sequence[str], tls: Trust | None) -> None:
        self.name = name
        self.reactor = reactor
        self._tls = tls
        self._places = list(places)
        self._moves: list[Callable[[], None]] = []
        self._turns = DeferredSemaphore(AT_ONCE)
        self._ways = _Ways(reactor, tls)
        self._connections = HttpConnections(self._ways.to)

    @property
    def place(self) -> str:
        """The endpoint that is asked first."""
        return self._places[0]

    def on_move(self, call: Callable[[], None]) -> None:
        """Calls whenever another endpoint is asked first."""
        self._moves.append(call)

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        repeatable: bool = True,
    ) -> HttpAnswer:
        """The answer of the first endpoint that gives one.

        Raises:
            StoreLost: Nobody got it, or it is repeatable and nobody answered.
            StoreUnsure: It is not repeatable, and who got it did not answer.
        """
        deadline = self.reactor.seconds() + LONGEST
        await self._turn()
        try:
            question = method, path, body, headers
            return await self._ask_in_turn(question, repeatable, deadline)
        finally:
            self._turns.release()

    async def _turn(self) -> None:
        try:
            await self._turns.acquire().addTimeout(ANSWER, self.reactor)
        except TimeoutError:
            raise StoreLost(f"{self.name}: {AT_ONCE} calls wait for answers already") from None

    async def _ask_in_turn(
        self, question: _Question, repeatable: bool, deadline: float
    ) -> HttpAnswer:
        reason = f"no answer within {LONGEST:g} s"
        places = list(self._places)
        for place in places:
            limit = ELSEWHERE if repeatable and place != places[-1] else ANSWER
            left = deadline - self.reactor.seconds()
            if left < _LEAST:
                break
            try:
                return await self._ask_one(place, question, min(limit, left))
            except NotSent as error:
                reason = f"{place}: {error}"
            except Unanswered as error:
                reason = f"{place}: {error}"
                if not repeatable:
                    self.leave(place)
                    raise StoreUnsure(f"{self.name}: {reason}") from None
            self.leave(place)
        raise StoreLost(f"{self.name} cannot be reached: {reason}")

    def leave(self, place: str) -> None:
        """Others are asked before this one from now on."""
        first = self.place
        self._places.remove(place)
        self._places.append(place)
        if self.place != first:
            for call in list(self._moves):
                call()

    async def _ask_one(self, place: str, question: _Question, limit: float) -> HttpAnswer:
        collected = bytearray()
        stream = self.stream(place, *question, collect(collected))
        asked = Deferred.fromCoroutine(stream)
        try:
            status, found = await asked.addTimeout(limit, self.reactor)
        except TimeoutError:
            raise Unanswered(f"no answer within {limit:.3g} s") from None
        return HttpAnswer(status, found, bytes(collected))

    async def stream(
        self,
        place: str,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str] | None,
        receive: Callable[[bytes], None],
    ) -> tuple[int, Mapping[str, str]]:
        """Gives an answer's body to ``receive`` as it comes; its status and headers at its end.

        May be cancelled: the connection is closed.

        Raises:
            NotSent, Unanswered: There is none, or it broke off.
        """
        connection = await self._connected(place)
        fields = [(b"Host", place.encode()), (b"Content-Length", b"%d" % len(body))]
        fields += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        request = render_request(method.encode(), path.encode(), fields) + body
        try:
            head = await connection.ask(method.encode(), request, receive)
        except (CancelledError, NotSent, Unanswered):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            raise self._kind(error) from None
        found = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
        return head.status, found

    async def _connected(self, place: str) -> HttpConnection:
        try:
            return await self._connections.take(place)
        except (CancelledError, ConnectingCancelledError):
            raise CancelledError from None
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was sent
            raise NotSent(str(self._kind(error))) from None

    def _kind(self, error: BaseException) -> BaseException:
        """What it means that there is no answer."""
        if isinstance(error, SSL.Error):
            self._reread_files()
            return NotSent(self._ways.refusal or of_engine(error))
        words = " ".join(str(error).split())[:_LONGEST_WORDS] or type(error).__name__
        if isinstance(error, internet_error.ConnectError | internet_error.DNSLookupError):
            self._reread_files()
            return NotSent(words)
        return Unanswered(words)

    def _reread_files(self) -> None:
        """They may have been renewed; what is wrong with them is said by the handshake."""
        if self._tls is not None:
            try:
                self._tls.read()
            except ValueError:
                return

    async def close(self) -> None:
        """Nothing is kept any more."""
        self._connections.close()


class _Ways:
    """Each connection by the certificates that are in force when it is made."""

    def __init__(self, reactor: Any, tls: Trust | None) -> None:
        self._reactor = reactor
        self._tls = tls
        self._last: Any = None

    @property
    def refusal(self) -> str:
        """Why the last server was not trusted; "" if it was."""
        return getattr(self._last, "refusal", "")

    def to(self, place: str) -> IStreamClientEndpoint:
        address = parse_address(place, 0)
        plain = HostnameEndpoint(self._reactor, address.host, address.port, timeout=CONNECT)
        if self._tls is None:
            return plain
        tls = ClientTls(self._tls, address.host)
        return wrapClientTLS(_Noted(tls, self._note), plain)

    def _note(self, protocol: Any) -> None:
        self._last = protocol


@implementer(IOpenSSLClientConnectionCreator)
class _Noted:
    """Tells which protocol a connection is made for: what is wrong is noted there."""

    def __init__(self, tls: ClientTls, note: Callable[[Any], None]) -> None:
        self._tls = tls
        self._note = note

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        self._note(tlsProtocol)
        return self._tls.clientConnectionForTLS(tlsProtocol)


def collect(into: bytearray) -> Callable[[bytes], None]:
    """What takes an answer in pieces; Unanswered beyond the bound."""

    def receive(data: bytes) -> None:
        into.extend(data)
        if len(into) > LARGEST_ANSWER:
            raise Unanswered(f"an answer of more than {LARGEST_ANSWER >> 20} MiB")

    return receive
