"""Real engines keep the contract."""

from __future__ import annotations

import pytest

from tests.contract.promises import Promises
from tests.contract.tracking import Tracking
from tests.lab.engines import Fleet

pytestmark = pytest.mark.engines


@pytest.fixture(scope="class", autouse=True)
def _engine(request: pytest.FixtureRequest, fleet: Fleet) -> None:
    request.cls.address = fleet.engines[0].address


class RealEngineTests(Promises):
    __test__ = True


class RealTrackingTests(Tracking):
    __test__ = True
