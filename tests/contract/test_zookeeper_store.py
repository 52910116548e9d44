"""ZooKeeper keeps the contract of stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmd.store.interfaces import Store
from swarmd.store.zookeeper.ensemble import ZooKeeperStore
from tests.contract.store_promises import REACTOR, StorePromises
from tests.lab.stores import started, zookeeper_member

pytestmark = pytest.mark.engines


@pytest.fixture(scope="class", autouse=True)
def _member(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("zookeeper")
    members = started([zookeeper_member(folder)])
    request.cls.places = [member.place for member in members]
    yield
    for member in members:
        member.stop()


class ZooKeeperStoreTests(StorePromises):
    __test__ = True
    places: list[str]

    def connect(self, prefix: str) -> Store:
        name = f"zk://{','.join(self.places)}"
        return ZooKeeperStore(REACTOR, name, self.places, prefix)
