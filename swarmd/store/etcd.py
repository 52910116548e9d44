"""etcd 3.4 or newer, over HTTP with JSON: keys and values in base64, numbers as strings.

Fields that have their default are left out of its answers. A revision is etcd's own.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred, TimeoutError

from swarmd.codec.json_stream import JsonLines
from swarmd.store.commit_rules import check_commit
from swarmd.store.followed_prefix import FollowedPrefix
from swarmd.store.http_endpoints import HttpEndpoints, NotSent, Unanswered
from swarmd.store.http_store import HELD, HttpStore
from swarmd.store.interfaces import (
    Absent,
    Change,
    CommitConflict,
    Condition,
    KeyValue,
    Put,
    Snapshot,
    StoreLost,
    StoreUnsure,
    Write,
)
from swarmd.store.login import Login
from swarmd.store.timed_session import TimedSession, boottime

_WATCH = 60.0  # seconds, after which a watch begins anew, lest it waits at a broken connection
_LONGEST_LINE = 16 << 20  # bytes of one answer of a watch
# gRPC's codes: not found, unauthenticated.
_NOT_FOUND, _UNAUTHENTICATED = 5, 16
# Of these, nobody knows what became of the call: unknown, deadline exceeded, internal, unavailable.
_OPEN = frozenset({2, 4, 13, 14})
_NOT_DONE = ("no leader", "too many requests", "not capable")


class EtcdError(Exception):
    """What etcd says that is wrong, with gRPC's code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class EtcdStore(HttpStore):
    """An etcd cluster.

    Args:
        prefix: Before each key; "" or without a slash at its ends.
    """

    def __init__(self, http: HttpEndpoints, prefix: str, login: Login | None = None) -> None:
        super().__init__(http, prefix)
        self._login = login
        self._token = ""

    async def read(self, prefix: str) -> Snapshot:
        answer = await self._call("/v3/kv/range", self._span(prefix))
        entries = sorted((self._entry(kv) for kv in answer.get("kvs", ())), key=lambda e: e.key)
        return Snapshot(prefix, _revision(answer), tuple(entries))

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        check_commit(conditions, writes)
        question = {
            "compare": [self._compare(each) for each in conditions],
            "success": [self._operation(each) for each in writes],
            "failure": [{"request_range": {"key": self._key(each.key)}} for each in conditions],
        }
        answer = await self._call("/v3/kv/txn", question, repeatable=False)
        if not answer.get("succeeded"):
            raise CommitConflict(self._standing(conditions, answer.get("responses", ())))
        return _revision(answer)

    async def _begin_session(self, ttl: float) -> TimedSession:
        began = boottime()
        answer = await self._call("/v3/lease/grant", {"TTL": str(int(ttl))})
        lease, hold = str(answer["ID"]), float(answer.get("TTL", ttl))

        async def renew() -> bool:
            answered = await self._call("/v3/lease/keepalive", {"ID": lease})
            return int(answered.get("result", {}).get("TTL", 0)) > 0

        async def revoke() -> None:
            await self._call("/v3/lease/revoke", {"ID": lease})

        clock = self._http.reactor
        return TimedSession(clock, lease, began, hold * HELD, renew, revoke)

    async def _follow(self, watch: FollowedPrefix) -> None:
        """Once, from ``watch.revision``: until the stream ends, or silence was long."""
        lines = JsonLines(_LONGEST_LINE)
        stale = False

        def receive(data: bytes) -> None:
            nonlocal stale
            for line in lines.feed(data):
                stale = stale or self._line(watch, orjson.loads(line))
                if stale:
                    raise Unanswered("the watch begins anew")

        since = {"start_revision": str(watch.revision + 1)}
        question = orjson.dumps({"create_request": {**self._span(watch.prefix), **since}})
        try:
            headers, place = await self._headers(), self._http.place
            stream = self._http.stream(place, "POST", "/v3/watch", question, headers, receive)
            await Deferred.fromCoroutine(stream).addTimeout(_WATCH, self._http.reactor)
        except TimeoutError:
            return
        except EtcdError as error:  # of the log-in
            raise StoreLost(f"{self.name}: {error}") from None
        except (NotSent, Unanswered) as error:
            if not stale:
                raise StoreLost(str(error)) from None
        if stale:
            now = await self.read(watch.prefix)
            if now.revision < watch.revision:
                watch.forget_revisions()
            watch.take(now.revision, now.entries)

    def _line(self, watch: FollowedPrefix, line: Any) -> bool:
        """Takes one answer of a watch; True if what stands there has to be read anew."""
        if "error" in line:
            self._token = ""
            raise Unanswered(str(line["error"].get("message", "error")))
        result = line.get("result", {})
        revision = _revision(result)
        if result.get("canceled") or "compact_revision" in result:
            return True
        watch.answered()
        if result.get("created"):
            return revision < watch.revision
        changes = {}
        for event in result.get("events", ()):
            entry = self._entry(event["kv"])
            gone = event.get("type") == "DELETE"
            changes[entry.key] = Change(entry.key, None if gone else entry)
        watch.news(revision, list(changes.values()))
        return False

    async def _call(self, path: str, question: Any, *, repeatable: bool = True) -> Any:
        """The answer, as JSON; StoreLost or StoreUnsure, in etcd's words, if it refuses."""
        try:
            answer = await self._authorized(path, question, repeatable)
        except EtcdError as error:
            raise self._refusal(error, repeatable) from None
        except (StoreLost, StoreUnsure) as error:
            self._state.failed(str(error))
            raise
        self._state.answered()
        return answer

    def _refusal(self, error: EtcdError, repeatable: bool) -> Exception:
        words = f"{self.name}: {error}"
        if error.code == _NOT_FOUND and self._session is not None:
            self._session.lose()
            return StoreLost(f"{self.name}: the session has ended")
        self._state.failed(words)
        if error.code not in _OPEN:
            return StoreLost(words)
        self._http.leave(self._http.place)
        certain = repeatable or any(each in words for each in _NOT_DONE)
        return StoreLost(words) if certain else StoreUnsure(words)

    async def _authorized(self, path: str, question: Any, repeatable: bool) -> Any:
        try:
            return await self._post(path, question, await self._headers(), repeatable)
        except EtcdError as error:
            if self._login is None or error.code != _UNAUTHENTICATED:
                raise
        self._token = ""
        return await self._post(path, question, await self._headers(), repeatable)

    async def _headers(self) -> dict[str, str]:
        if self._login is None:
            return {}
        if not self._token:
            who = {"name": self._login.user, "password": self._login.password}
            answer = await self._post("/v3/auth/authenticate", who, {}, repeatable=True)
            self._token = str(answer["token"])
        return {"authorization": self._token}

    async def _post(
        self, path: str, question: Any, headers: Mapping[str, str], repeatable: bool
    ) -> Any:
        data = orjson.dumps(question)
        answer = await self._http.ask("POST", path, data, headers, repeatable=repeatable)
        try:
            answered = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise StoreLost(f"{self.name}: what answers is no etcd: {answer.status}") from None
        if answer.status >= 400 or "error" in answered:
            words = answered.get("message") or str(answered.get("error"))
            raise EtcdError(int(answered.get("code", 2)), words)
        return answered

    def _compare(self, condition: Condition) -> dict[str, str]:
        key = {"key": self._key(condition.key), "result": "EQUAL"}
        if isinstance(condition, Absent):
            return {**key, "target": "CREATE", "create_revision": "0"}
        return {**key, "target": "MOD", "mod_revision": str(condition.revision)}

    def _operation(self, write: Write) -> dict[str, Any]:
        key = self._key(write.key)
        if not isinstance(write, Put):
            return {"request_delete_range": {"key": key}}
        put = {"key": key, "value": b64encode(write.value).decode()}
        if write.bound:
            if self._session is None or not self._session.held():
                raise StoreLost(f"{self.name}: there is no session")
            put["lease"] = self._session.id
        return {"request_put": put}

    def _standing(
        self, conditions: Sequence[Condition], answers: Sequence[Any]
    ) -> tuple[tuple[str, KeyValue | None], ...]:
        found: list[tuple[str, KeyValue | None]] = []
        for condition, answer in zip(conditions, answers, strict=True):
            kvs = answer["response_range"].get("kvs", ())
            found.append((condition.key, self._entry(kvs[0]) if kvs else None))
        return tuple(found)

    def _entry(self, kv: Any) -> KeyValue:
        key = b64decode(kv["key"]).decode("utf-8", "replace").removeprefix(self._before)
        return KeyValue(key, b64decode(kv.get("value", "")), int(kv.get("mod_revision", 0)))

    def _key(self, key: str) -> str:
        return b64encode((self._before + key).encode()).decode()

    def _span(self, prefix: str) -> dict[str, str]:
        first = (self._before + prefix).encode() or b"\0"
        last = first[:-1] + bytes([first[-1] + 1]) if first != b"\0" else b"\0"
        return {"key": b64encode(first).decode(), "range_end": b64encode(last).decode()}


def _revision(answer: Any) -> int:
    return int(answer.get("header", {}).get("revision", 0))
