"""Consul, over its HTTP API: transactions of at most 64 operations, and blocking queries.

A revision is Raft's index: all that one transaction puts has the same ``ModifyIndex``. A key that
is put anew is deleted in the same transaction first, so that it is bound to this session, or to
none, whatever it was before.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson
from twisted.internet.defer import Deferred, TimeoutError

from swarmd.store.commit_rules import check_commit
from swarmd.store.followed_prefix import FollowedPrefix
from swarmd.store.http_endpoints import HttpAnswer, HttpEndpoints, NotSent, Unanswered, collect
from swarmd.store.http_store import HELD, HttpStore
from swarmd.store.interfaces import (
    Absent,
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
from swarmd.store.side_by_side import side_by_side
from swarmd.store.timed_session import TimedSession, boottime

_WATCH = 30  # seconds that Consul keeps a question open
_LATE = 15.0  # seconds that its answer may take beyond: Consul adds a sixteenth
SHORTEST, LONGEST = 10, 86400  # seconds of a session's time to live
_MARK = ".revision"  # is written where nothing else is, so that a commit has an index
_LONGEST_WORDS = 300  # characters of an error


class ConsulStore(HttpStore):
    """A Consul cluster, by some of its agents.

    Args:
        prefix: Before each key; "" or without a slash at its ends.
        login: Its password is the token.
    """

    def __init__(self, http: HttpEndpoints, prefix: str, login: Login | None = None) -> None:
        super().__init__(http, prefix)
        self._headers = {} if login is None else {"x-consul-token": login.password}

    async def read(self, prefix: str) -> Snapshot:
        answer = await self._call("GET", f"{self._path(prefix)}?recurse&consistent")
        return self._snapshot(prefix, answer)

    async def commit(self, conditions: Sequence[Condition], writes: Sequence[Write]) -> int:
        check_commit(conditions, writes)
        operations = [self._condition(each) for each in conditions]
        absent = {each.key for each in conditions if isinstance(each, Absent)}
        for write in writes:
            operations += self._operations(write, write.key in absent)
        if not any(isinstance(each, Put) for each in writes):
            operations.append(self._operation("set", _MARK, Value=b64encode(b".").decode()))
        question = orjson.dumps([{"KV": operation} for operation in operations])
        answer = await self._call("PUT", "/v1/txn", question, repeatable=False)
        if answer.status == 409:
            await self._refuse(conditions, answer)
        answered = self._json(answer)
        return max(int(each["KV"]["ModifyIndex"]) for each in answered["Results"])

    async def _begin_session(self, ttl: float) -> TimedSession:
        began, hold = boottime(), min(max(int(ttl), SHORTEST), LONGEST)
        # It ends by its time alone, and not when Consul believes that this agent is gone.
        wanted = {"TTL": f"{hold}s", "Behavior": "delete", "LockDelay": "0s", "NodeChecks": []}
        made = await self._call("PUT", "/v1/session/create", orjson.dumps(wanted))
        session = str(self._json(made)["ID"])

        async def renew() -> bool:
            answer = await self._call("PUT", f"/v1/session/renew/{session}")
            return answer.status != 404

        async def revoke() -> None:
            await self._call("PUT", f"/v1/session/destroy/{session}")

        clock = self._http.reactor
        return TimedSession(clock, session, began, hold * HELD, renew, revoke)

    async def _follow(self, watch: FollowedPrefix) -> None:
        """One blocking query, from ``watch.revision``."""
        wait = _WATCH if watch.outage is None else 1  # whether it follows again is soon known
        path = f"{self._path(watch.prefix)}?recurse&index={watch.revision}&wait={wait}s"
        collected = bytearray()
        stream = self._http.stream(
            self._http.place, "GET", path, b"", self._headers, collect(collected)
        )
        asked = Deferred.fromCoroutine(stream)
        try:
            status, headers = await asked.addTimeout(_WATCH + _LATE, self._http.reactor)
        except (NotSent, Unanswered, TimeoutError) as error:
            raise StoreLost(str(error)) from None
        if status not in (200, 404):
            raise StoreLost(f"{self.name}: status {status}")
        now = self._snapshot(watch.prefix, HttpAnswer(status, headers, bytes(collected)))
        if now.revision < watch.revision:
            watch.forget_revisions()
        watch.take(now.revision, now.entries)

    def _snapshot(self, prefix: str, answer: HttpAnswer) -> Snapshot:
        found = [] if answer.status == 404 else self._json(answer)
        mark = self._before + _MARK
        entries = [self._entry(each) for each in found if each["Key"] != mark]
        entries = [each for each in entries if not each.key.endswith("/")]  # a folder, as of its UI
        revision = int(answer.headers.get("x-consul-index", 0))
        return Snapshot(prefix, revision, tuple(sorted(entries, key=lambda each: each.key)))

    async def _refuse(self, conditions: Sequence[Condition], answer: HttpAnswer) -> None:
        errors = self._json(answer)["Errors"]
        other = [each["What"] for each in errors if each["OpIndex"] >= len(conditions)]
        if other and "session" in other[0] and self._session is not None:
            self._session.lose()
            raise StoreLost(f"{self.name}: the session has ended")
        if other:
            raise StoreLost(f"{self.name}: {other[0]}")
        asked = [Deferred.fromCoroutine(self._standing(each.key)) for each in conditions]
        raise CommitConflict(tuple(await side_by_side(asked)))

    async def _standing(self, key: str) -> tuple[str, KeyValue | None]:
        answer = await self._call("GET", f"{self._path(key)}?consistent")
        return (key, None if answer.status == 404 else self._entry(self._json(answer)[0]))

    async def _call(
        self, method: str, path: str, body: bytes = b"", *, repeatable: bool = True
    ) -> HttpAnswer:
        """An answer with a status that callers know: 200, 404, 409."""
        try:
            answer = await self._http.ask(method, path, body, self._headers, repeatable=repeatable)
            if answer.status not in (200, 404, 409):
                raise self._refusal(answer, repeatable)
        except (StoreLost, StoreUnsure) as error:
            self._state.failed(str(error))
            raise
        self._state.answered()
        return answer

    def _refusal(self, answer: HttpAnswer, repeatable: bool) -> Exception:
        said = " ".join(answer.body.decode("utf-8", "replace").split())[:_LONGEST_WORDS]
        words = f"{self.name}: {said or answer.status}"
        if answer.status < 500:
            return StoreLost(words)
        self._http.leave(self._http.place)
        certain = repeatable or "No cluster leader" in words
        return StoreLost(words) if certain else StoreUnsure(words)

    def _json(self, answer: HttpAnswer) -> Any:
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise StoreLost(f"{self.name}: what answers is no Consul") from None

    def _condition(self, condition: Condition) -> dict[str, Any]:
        if isinstance(condition, Absent):
            return self._operation("check-not-exists", condition.key)
        return self._operation("check-index", condition.key, Index=condition.revision)

    def _operations(self, write: Write, absent: bool) -> list[dict[str, Any]]:
        removed = (
            [] if absent and isinstance(write, Put) else [self._operation("delete", write.key)]
        )
        if not isinstance(write, Put):
            return removed
        value = b64encode(write.value).decode()
        if not write.bound:
            return [*removed, self._operation("set", write.key, Value=value)]
        if self._session is None or not self._session.held():
            raise StoreLost(f"{self.name}: there is no session")
        held = {"Value": value, "Session": self._session.id}
        return [*removed, self._operation("lock", write.key, **held)]

    def _operation(self, verb: str, key: str, **more: Any) -> dict[str, Any]:
        return {"Verb": verb, "Key": self._before + key, **more}

    def _entry(self, found: Any) -> KeyValue:
        key = str(found["Key"]).removeprefix(self._before)
        return KeyValue(key, b64decode(found["Value"] or ""), int(found["ModifyIndex"]))

    def _path(self, key: str) -> str:
        return f"/v1/kv/{quote(self._before + key, safe='/')}"
