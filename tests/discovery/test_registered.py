"""Engines that are registered in a store."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from swarmd.discovery.polled_list import ListUnknown
from swarmd.discovery.registered import EngineRegistry, registered, registry
from swarmd.store.address import StoreAccess
from swarmd.store.interfaces import Put
from swarmd.store.memory import MemoryServer, MemoryStore
from swarmd.tls.trust import TlsFiles


def test_where_classic_swarm_has_them() -> None:
    assert registry([]) == EngineRegistry("docker/swarm/nodes", StoreAccess())
    assert registry([]).key("a:1") == "docker/swarm/nodes/a:1"


def test_options() -> None:
    given = registry(
        ["kv.path=/x/y/", "kv.cacertfile=/ca", "kv.certfile=c", "kv.keyfile=/k", "kv.loginfile=l"]
    )
    here = os.getcwd()
    tls = TlsFiles("/ca", f"{here}/c", "/k", verify=True)
    assert given == EngineRegistry("x/y", StoreAccess(tls, f"{here}/l"))


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (["kv.path"], "'kv.path' is not KEY=VALUE"),
        (["kv.path="], "not KEY=VALUE"),
        (["kv.foo=1"], "'kv.foo' not supported; there are kv.path, kv.cacertfile"),
        (["kv.path=a//b"], "no key"),
        (["kv.certfile=/c", "kv.keyfile=/k"], "need kv.cacertfile"),
        (["kv.cacertfile=/ca", "kv.keyfile=/k"], "belong together"),
    ],
)
def test_wrong_options(pairs: Sequence[str], why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        registry(pairs)
    assert str(caught.value).startswith("--discovery-opt: ")


def test_values_count_and_empty_ones_do_not() -> None:
    store, results = MemoryStore(MemoryServer(Clock())), list[object]()
    puts = [
        Put("p/a:1", b"a:1"),
        Put("p/b", b"10.0.0.1 zone=east"),
        Put("p/c", b" "),
        Put("q", b"x"),
    ]
    Deferred.fromCoroutine(store.commit([], puts))
    Deferred.fromCoroutine(registered(store, "p")).addBoth(results.append)
    assert results == [{"a:1": "a:1", "b": "10.0.0.1 zone=east"}]


def test_a_store_that_does_not_answer() -> None:
    store, results = MemoryStore(MemoryServer(Clock())), list[object]()
    store.cut("gone")
    work = Deferred.fromCoroutine(registered(store, "p"))
    work.addErrback(lambda failure: results.append((failure.type, str(failure.value))))
    assert results == [(ListUnknown, "gone")]
