"""Keys as ZooKeeper's nodes: where they are, and how several are read as of one moment.

ZooKeeper reads one node at a time. What is read between two equal looks at the log is of one
moment, but for what went with a session meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kazoo.exceptions import NoNodeError
from twisted.internet.defer import Deferred

from swarmd.store.interfaces import Change, Condition, KeyValue, Put, StoreLost, Unchanged, Write
from swarmd.store.side_by_side import side_by_side
from swarmd.store.zookeeper.client import ZooKeeperClient

LOG, SESSIONS = ".log", ".sessions"
_TRIES = 50  # to read a whole prefix while others write
_AT_ONCE = 200  # questions under way

Node = tuple[bytes, Any]  # data, and kazoo's ZnodeStat


class ZooKeeperTree:
    """The nodes below one prefix."""

    def __init__(self, prefix: str) -> None:
        self._root = f"/{prefix}" if prefix else ""
        self._folders: set[str] = set()
        self._prepared: ZooKeeperClient | None = None

    def path(self, key: str) -> str:
        return f"{self._root}/{key}" if key else self._root or "/"

    async def prepare(self, client: ZooKeeperClient) -> None:
        """Makes the nodes that each store has."""
        if self._prepared is not client:
            await client.call("ensure_path", self.path(SESSIONS))
            await client.call("ensure_path", self.path(LOG))
            self._folders.clear()
            self._prepared = client

    def forget(self) -> None:
        """Somebody removed nodes: all are made again before the next call."""
        self._prepared = None
        self._folders.clear()

    async def look(
        self, client: ZooKeeperClient, keys: Sequence[str]
    ) -> tuple[Node, dict[str, Node | None]]:
        """The log, and what stood at these keys then or later."""
        log = client.call("get", self.path(LOG))  # sent first, so answered first
        nodes = Deferred.fromCoroutine(self._nodes(client, keys))
        answers: list[Any] = await side_by_side([log, nodes])
        return answers[0], answers[1]

    async def make_folders(self, client: ZooKeeperClient, writes: Iterable[Write]) -> None:
        """What the keys to be put are in."""
        parents = {each.key.rpartition("/")[0] for each in writes if isinstance(each, Put)}
        for folder in parents - self._folders - {""}:
            await client.call("ensure_path", self.path(folder))
            self._folders.add(folder)

    def fill(
        self,
        transaction: Any,
        session: int,
        conditions: Sequence[Condition],
        writes: Sequence[Write],
        found: Mapping[str, Node | None],
    ) -> None:
        """Puts a commit into a transaction; it fails if something went with a session meanwhile."""
        written = {each.key for each in writes}
        for condition in conditions:
            node = found[condition.key]
            if isinstance(condition, Unchanged) and node and condition.key not in written:
                transaction.check(self.path(condition.key), node[1].version)
        for write in writes:
            self._fill(transaction, session, write, found[write.key])

    def _fill(self, transaction: Any, session: int, write: Write, node: Node | None) -> None:
        path = self.path(write.key)
        if not isinstance(write, Put):
            if node is not None:
                transaction.delete(path, node[1].version)
            return
        owner = session if write.bound else 0
        if node is not None and node[1].ephemeralOwner == owner:
            transaction.set_data(path, write.value, node[1].version)
            return
        if node is not None:
            transaction.delete(path, node[1].version)
        transaction.create(path, write.value, ephemeral=write.bound)

    async def marks(self, client: ZooKeeperClient, fire: Any) -> tuple[bytes, Any, tuple[str, ...]]:
        """The log's data and state, and which log and sessions these are.

        ``fire`` is called when something of that changes.
        """
        log = client.call("get", self.path(LOG), watch=fire)
        sessions = client.call("get_children", self.path(SESSIONS), watch=fire)
        (data, stat), names = await side_by_side([log, sessions])
        return data, stat, (str(stat.czxid), *sorted(names))

    async def changes(
        self, client: ZooKeeperClient, keys: Collection[str], version: int
    ) -> list[Change] | None:
        """What stands at these keys; None if there were more commits than ``version``."""
        if not keys:
            return []
        nodes = await self._nodes(client, sorted(keys))
        _, stat = await client.call("get", self.path(LOG))
        if stat.version != version:
            return None
        return [Change(key, entry_of(key, node)) for key, node in nodes.items()]

    async def snapshot(
        self, client: ZooKeeperClient, prefix: str
    ) -> tuple[int, int, list[KeyValue]]:
        """A revision, the number of the last commit, and what stood there after it."""
        for _ in range(_TRIES):
            _, before = await client.call("get", self.path(LOG))
            entries = await self._walk(client, prefix)
            _, after = await client.call("get", self.path(LOG))
            if after.version == before.version:
                newest = max((each.revision for each in entries), default=0)
                entries.sort(key=lambda each: each.key)
                return max(after.mzxid, newest), after.version, entries
        raise StoreLost(f"{client.name}: others write all the time")

    async def _walk(self, client: ZooKeeperClient, prefix: str) -> list[KeyValue]:
        """Level by level."""
        entries: list[KeyValue] = []
        folders = [prefix.rpartition("/")[0]]
        while folders:
            below = await self._children(client, folders)
            nodes = await self._nodes(client, below)
            found = [(key, node) for key, node in nodes.items() if node is not None]
            entries += [e for key, node in found if (e := entry_of(key, node)) is not None]
            folders = [
                key
                for key, (_, stat) in found
                if stat.numChildren and (key.startswith(prefix) or prefix.startswith(f"{key}/"))
            ]
        return [entry for entry in entries if entry.key.startswith(prefix)]

    async def _children(self, client: ZooKeeperClient, folders: Sequence[str]) -> list[str]:
        paths = [self.path(folder) for folder in folders]
        answers = await _all(client, "get_children", paths)
        return [
            f"{folder}/{name}" if folder else name
            for folder, names in zip(folders, answers, strict=True)
            for name in names or ()
            if folder or name not in (LOG, SESSIONS)
        ]

    async def _nodes(self, client: ZooKeeperClient, keys: Sequence[str]) -> dict[str, Node | None]:
        answers = await _all(client, "get", [self.path(key) for key in keys])
        return dict(zip(keys, answers, strict=True))


def entry_of(key: str, node: Node | None) -> KeyValue | None:
    """A folder is none."""
    if node is None or not node[0]:
        return None
    return KeyValue(key, node[0], node[1].mzxid)


def holds(condition: Condition, node: Node | None) -> bool:
    entry = entry_of(condition.key, node)
    if isinstance(condition, Unchanged):
        return entry is not None and entry.revision == condition.revision
    return entry is None


async def _all(client: ZooKeeperClient, verb: str, paths: Sequence[str]) -> list[Any]:
    """One answer for each; None if there is no such node."""
    answers: list[Any] = []
    for start in range(0, len(paths), _AT_ONCE):
        asked = [_there(client.call(verb, path)) for path in paths[start : start + _AT_ONCE]]
        answers += await side_by_side(asked)
    return answers


def _there(answer: Deferred[Any]) -> Deferred[Any]:
    return answer.addErrback(lambda failure: failure.trap(NoNodeError) and None)
