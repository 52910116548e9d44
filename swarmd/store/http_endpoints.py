"""The endpoints of a store that is asked over HTTP: any will do; the first that answers is kept.

What was never sent is certainly not done, so the next endpoint is asked; so is it for what may be
done twice. Everything else whose answer does not come is left open (``StoreUnsure``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from OpenSSL import SSL
from treq.client import HTTPClient
from twisted.internet import error as internet_error
from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, HTTPConnectionPool, ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from swarmd.store.interfaces import StoreLost, StoreUnsure
from swarmd.tls.tls_errors import of_engine
from swarmd.tls.trust import ClientTls, Trust

CONNECT = 1.5  # seconds, for one endpoint
ANSWER = 4.0  # seconds for one answer, so that a slow store is waited for, and none that hangs
ELSEWHERE = 2.5  # seconds, after which another endpoint is asked what may be asked twice
LONGEST = 5.5  # seconds for one call, over all endpoints, and with the wait for its turn
AT_ONCE = 32  # calls; Consul takes 200 connections of one client, watches included
LARGEST_ANSWER = 64 << 20  # bytes
_CONNECTIONS = 16  # kept for each endpoint
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
        self._scheme = "http" if tls is None else "https"
        self._places = list(places)
        self._moves: list[Callable[[], None]] = []
        self._turns = DeferredSemaphore(AT_ONCE)
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = _CONNECTIONS
        self._pool.retryAutomatically = False
        self._ways = _Ways(reactor, tls)
        agent = Agent.usingEndpointFactory(reactor, self._ways, pool=self._pool)
        self._http = HTTPClient(agent)

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
        sent = {name: [value] for name, value in (headers or {}).items()}
        try:
            response = await self._http.request(
                method,
                f"{self._scheme}://{place}{path}",
                headers=Headers(sent),
                data=body or None,
                unbuffered=True,
                reactor=self.reactor,
            )
            receiver = _Receiver(receive)
            response.deliverBody(receiver)
            await receiver.done
        except (CancelledError, NotSent, Unanswered):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            raise self._kind(error) from None
        pairs = response.headers.getAllRawHeaders()
        named = {name.decode().lower(): values[-1].decode("latin-1") for name, values in pairs}
        return response.code, named

    def _kind(self, error: BaseException) -> BaseException:
        """What the agent wraps in failures of its own."""
        while reasons := getattr(error, "reasons", None):
            error = reasons[-1].value
        if isinstance(error, CancelledError):
            return error
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
        await self._pool.closeCachedConnections()


@implementer(IAgentEndpointFactory)
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

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        host = uri.host.decode("ascii").strip("[]")
        plain = HostnameEndpoint(self._reactor, host, uri.port, timeout=CONNECT)
        if self._tls is None:
            return _Quiet(plain)
        return _Quiet(wrapClientTLS(_Noted(ClientTls(self._tls, host), self._note), plain))

    def _note(self, protocol: Any) -> None:
        self._last = protocol


@implementer(IStreamClientEndpoint)
class _Quiet:
    """Connections that are not worth a line of the log each."""

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        protocolFactory.noisy = False
        connected: Deferred[Any] = self._endpoint.connect(protocolFactory)
        return connected


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


class _Receiver(Protocol):
    """Takes a body; who cancels ``done`` closes the connection."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self.done: Deferred[None] = Deferred(self._cancelled)

    def dataReceived(self, data: bytes) -> None:
        if self.done.called:
            return
        try:
            self._receive(data)
        except Exception:  # noqa: BLE001 - whoever waits for the end gets it
            self._end(Failure())
            self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end(None if reason.check(ResponseDone) else reason)

    def _end(self, reason: Failure | None) -> None:
        if self.done.called:
            return
        if reason is None:
            self.done.callback(None)
        else:
            self.done.errback(reason)

    def _cancelled(self, done: Deferred[None]) -> None:
        self._close()

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()
