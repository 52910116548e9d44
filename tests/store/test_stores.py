from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from swarmd.store.stores import check_url, make_store


def test_a_store_is_called_as_it_was_named() -> None:
    reactor: Any = Clock()
    store = make_store("etcd://a,b:1/x/y/", reactor, login=None, tls=None)
    assert store.name == "etcd://a:2379,b:1/x/y"
    assert make_store("etcd://a", reactor, login=None, tls=None).name == "etcd://a:2379/swarmd"


@pytest.mark.parametrize("url", ["a:1", "http://a", "etcd://", "etcd:///p", "etcd://u:p@a/p"])
def test_what_names_no_store(url: str) -> None:
    with pytest.raises(ValueError, match=r"://"):
        check_url(url)
