"""All connections to one engine: dialled for a caller, pooled, and ended together."""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from swarmd.core.container.id_map import IdMap
from swarmd.core.request.audit_trail import touched
from swarmd.core.request.request_record import asked
from swarmd.streams.connection import ConnectionFactory, EngineConnection
from swarmd.streams.dialing.dial_errors import silent, words
from swarmd.streams.dialing.pool import Pool
from swarmd.streams.interfaces import Dial

_READS = (b"GET", b"HEAD")


class Caller(Protocol):
    """A caller that wants a connection to the engine.

    Attributes:
        waiting: It is to end when the engine hangs: mostly, nothing has come from it yet.
        method: Of the request.
    """

    method: bytes

    @property
    def waiting(self) -> bool: ...

    def connected(self, connection: EngineConnection, *, reused: bool) -> None: ...

    def unreachable(self, cause: str, *, silent: bool = False) -> None:
        """``silent`` tells that nothing came from the engine."""

    def refuse(self, cause: str) -> None:
        """Ends it with ``cause``; the connection, if there is one, is closed."""


class Connector:
    """The connector: gives callers a connection to the engine, and ends them if it has to.

    Attributes:
        node: The engine's name as errors show it; may change.
        peer: The IP address that answered last, "" for a UNIX socket.
        clock: For time limits.
        failed_calls: Those that came to no answer, or to half of one.
        ids: Of containers that clients know by another ID than the engine does.
    """

    def __init__(self, node: str, dial: Dial, clock: IReactorTime) -> None:
        self.node = node
        self.peer = ""
        self.clock = clock
        self.failed_calls = 0
        self.ids = IdMap()
        self._dial = dial
        self._pool = Pool(clock)
        self._factory = ConnectionFactory()
        self._callers: dict[Caller, Deferred[Any] | None] = {}
        self._closed = ""

    def translate(self, ids: IdMap) -> None:
        """From now on calls and answers are in the terms of clients."""
        self.ids = ids

    def begin(self, caller: Caller, *, fresh: bool = False) -> None:
        """Gives ``caller`` a connection, at once if an idle one may be used.

        It stays known, and is told if the connector closes, until it calls ``over``.
        """
        if self._closed:
            caller.unreachable(self._closed)
            return
        asked(self.node)
        if caller.method not in _READS:
            touched(self.node)
        connection = None if fresh else self._pool.take()
        if connection is None:
            self._connect(caller)
        else:
            self._callers[caller] = None
            caller.connected(connection, reused=True)

    def over(self, caller: Caller) -> None:
        """``caller`` needs nothing more; a dial under way for it is given up."""
        dialling = self._callers.pop(caller, None)
        if dialling is not None:
            dialling.cancel()

    def put_back(self, connection: EngineConnection) -> None:
        """An answer is complete; the connection may serve another call."""
        if self._closed:
            connection.drop()
        else:
            self._pool.put(connection)

    def adopt(self, caller: Caller) -> None:
        """``caller`` has a connection of this connector already, and ends with it."""
        self._callers[caller] = None

    def interrupt(self, cause: str) -> None:
        """Whoever still waits for an answer is told ``cause``; what has begun goes on.

        For an engine that is known to hang: it may come back, and clients' streams with it. Long
        calls of swarmd's own end, since others' answers to the same client wait for them.
        """
        for caller in [each for each in self._callers if each.waiting]:
            caller.refuse(cause)
        self._pool.close()

    def renew(self) -> None:
        """The next call dials anew; what is under way is left alone."""
        self._pool.close()

    def retire(self, cause: str = "the node was removed") -> None:
        """Serves nothing new; clients' streams that have begun go on to their own end."""
        self._closed = cause
        self.interrupt(cause)

    def close(self, cause: str = "the node was removed") -> None:
        """Ends everything for good; later calls fail at once."""
        self._closed = cause
        for caller in list(self._callers):
            caller.refuse(cause)
        self._pool.close()

    def _connect(self, caller: Caller) -> None:
        dialling = self._dial(self._factory)
        self._callers[caller] = dialling
        dialling.addCallbacks(self._connected, self._undialled, (caller,), errbackArgs=(caller,))

    def _connected(self, connection: EngineConnection, caller: Caller) -> None:
        if caller not in self._callers:
            connection.drop()
            return
        self._callers[caller] = None
        self.peer = getattr(connection.transport.getPeer(), "host", "")
        caller.connected(connection, reused=False)

    def _undialled(self, failure: Failure, caller: Caller) -> None:
        if caller in self._callers:
            self._callers[caller] = None
            caller.unreachable(words(failure.value), silent=silent(failure.value))
