"""Real engines keep the contract: SWARMD_TEST_ENGINES=address[,address] names them.

They must have the image busybox:latest.
"""

from __future__ import annotations

import os

import pytest
from twisted.trial.unittest import TestCase

from tests.contract.promises import Promises
from tests.contract.tracking import Tracking

_ADDRESSES = [a for a in os.environ.get("SWARMD_TEST_ENGINES", "").split(",") if a]


def _tests_of(address: str, kind: type[TestCase]) -> type[TestCase]:
    tests = type("RealEngineTests", (kind,), {"__test__": True, "address": address})
    return pytest.mark.engines(tests)


@pytest.mark.skipif(bool(_ADDRESSES), reason="engines are given")
def test_without_engines() -> None:
    pytest.skip("no engines are given in SWARMD_TEST_ENGINES")


for _number, _address in enumerate(_ADDRESSES, 1):
    globals()[f"TestEngine{_number}"] = _tests_of(_address, Promises)
    globals()[f"TestTracking{_number}"] = _tests_of(_address, Tracking)
