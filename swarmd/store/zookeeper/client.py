"""Kazoo's client, whose threads stay below this module: calls give the reactor's Deferreds.

A session is a connection's, so that another time to live is another client.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    AuthFailedError,
    ConnectionClosedError,
    ConnectionLoss,
    KazooException,
    OperationTimeoutError,
    SessionExpiredError,
)
from kazoo.security import CREATOR_ALL_ACL
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.store.interfaces import StoreLost
from swarmd.store.login import Login
from swarmd.tls.trust import TlsFiles

# Each lost connection would be a line on stderr; what matters of it is said by those who call.
logging.getLogger("kazoo").addHandler(logging.NullHandler())

CONNECT = 4.0  # seconds until there is a session
ANSWER = 4.0  # seconds for one call
# What became of a call is not known after these.
OPEN = (ConnectionLoss, ConnectionClosedError, OperationTimeoutError, SessionExpiredError)


class ZooKeeperClient:
    """One session of ZooKeeper.

    Args:
        ttl: Seconds that the session is to outlive its connection.
        on_expired: Is called when the servers have ended the session.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        name: str,
        places: Sequence[str],
        tls: TlsFiles | None,
        login: Login | None,
        ttl: float,
        on_expired: Callable[[], None],
    ) -> None:
        self.name = name
        self._reactor = reactor
        self._on_expired = on_expired
        self._waiting: list[Deferred[None]] = []
        self._connected = False
        self._started = False
        self._kazoo = KazooClient(
            hosts=",".join(places),
            timeout=ttl,
            default_acl=CREATOR_ALL_ACL if login else None,
            auth_data=[("digest", f"{login.user}:{login.password}")] if login else None,
            connection_retry={"max_tries": -1, "delay": 0.1, "max_delay": 1},
            **_tls_options(tls),
        )
        self._kazoo.add_listener(self._listener)

    @property
    def id(self) -> str:
        return f"{self._kazoo.client_id[0]:x}" if self._kazoo.client_id else ""

    @property
    def id_number(self) -> int:
        """As it stands in nodes that are bound to it."""
        number = int(self._kazoo.client_id[0]) if self._kazoo.client_id else 0
        return number - (1 << 64) if number >= 1 << 63 else number

    @property
    def timeout(self) -> float:
        """Seconds, as the servers have granted them."""
        return float(self._kazoo._session_timeout) / 1000

    async def ready(self) -> None:
        """StoreLost if there is no connection soon."""
        if not self._started:
            self._started = True
            self._kazoo.start_async()
        if self._connected:
            return
        waiter: Deferred[None] = Deferred()
        self._waiting.append(waiter)
        try:
            await waiter.addTimeout(CONNECT, self._reactor)
        except TimeoutError:
            raise StoreLost(f"{self.name} cannot be reached within {CONNECT:g} s") from None
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def call(self, verb: str, *args: Any, **more: Any) -> Deferred[Any]:
        """What one of kazoo's calls gives; its own exceptions, and TimeoutError."""
        asked = getattr(self._kazoo, f"{verb}_async")(*args, **more)
        return self._answer(asked)

    def transaction(self) -> Any:
        """Kazoo's, to be filled and given to ``commit``."""
        return self._kazoo.transaction()

    def commit(self, transaction: Any) -> Deferred[Any]:
        """The results of its operations, of which those that failed are exceptions."""
        return self._answer(transaction.commit_async())

    def watcher(self, call: Callable[[], None]) -> Callable[[Any], None]:
        """For kazoo's watches: calls in the reactor's thread, whatever happens."""

        def fired(event: Any) -> None:
            self._reactor.callFromThread(call)

        return fired

    async def close(self) -> None:
        """Ends the session; takes a moment, in a thread."""
        if self._started:
            self._started = self._connected = False
            self._kazoo.remove_listener(self._listener)
            pool = self._reactor.getThreadPool()
            await deferToThreadPool(self._reactor, pool, self._close)

    def _close(self) -> None:
        try:
            self._kazoo.stop()
            self._kazoo.close()
        except Exception:  # noqa: BLE001 - it was on its way out, in whatever state
            self._log.failure("the session of {name} was not closed", name=self.name)

    def _answer(self, asked: Any) -> Deferred[Any]:
        answer: Deferred[Any] = Deferred()

        def deliver() -> None:
            if answer.called:
                return
            if asked.exception is None:
                answer.callback(asked.value)
            else:
                answer.errback(Failure(asked.exception))

        asked.rawlink(lambda _: self._reactor.callFromThread(deliver))
        return answer.addTimeout(ANSWER, self._reactor)

    def _listener(self, state: str) -> None:
        """In a thread of kazoo's."""
        self._reactor.callFromThread(self._changed, state)

    def _changed(self, state: str) -> None:
        self._connected = state == KazooState.CONNECTED
        if state == KazooState.LOST:
            self._on_expired()
        if self._connected:
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                if not waiter.called:
                    waiter.callback(None)


def words(error: BaseException) -> str:
    """What is wrong, in one line."""
    if isinstance(error, AuthFailedError):
        return "the log-in was refused"
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER:g} s"
    said = " ".join(str(error).split())
    kind = type(error).__name__.removesuffix("Error")
    return f"{kind}: {said}" if isinstance(error, KazooException) and said else said or kind


def _tls_options(files: TlsFiles | None) -> dict[str, Any]:
    if files is None:
        return {}
    return {
        "use_ssl": True,
        "verify_certs": files.verify,
        "check_hostname": files.verify,
        "ca": files.ca or None,
        "certfile": files.cert or None,
        "keyfile": files.key or None,
    }
