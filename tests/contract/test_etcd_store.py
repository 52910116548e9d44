"""etcd keeps the contract of stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmd.store.etcd import EtcdStore
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Store
from tests.contract.store_promises import REACTOR, StorePromises
from tests.lab.stores import etcd_members, started

pytestmark = pytest.mark.engines


@pytest.fixture(scope="class", autouse=True)
def _member(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("etcd")
    members = started(etcd_members(folder))
    request.cls.places = [member.place for member in members]
    yield
    for member in members:
        member.stop()


class EtcdStoreTests(StorePromises):
    __test__ = True
    places: list[str]

    def connect(self, prefix: str) -> Store:
        http = HttpEndpoints(REACTOR, f"etcd://{','.join(self.places)}", self.places, None)
        return EtcdStore(http, prefix)
