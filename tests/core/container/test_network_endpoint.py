from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.network_endpoint import endpoint_network, plain_endpoint


def plain(ref: str) -> str:
    return ref.removeprefix("node-1/")


@pytest.mark.parametrize("endpoint", [None, {}, {"NetworkID": None}, {"NetworkID": 5}, "x", []])
def test_none(endpoint: Any) -> None:
    assert endpoint_network(endpoint) == ""
    assert plain_endpoint("net", endpoint, plain) == endpoint


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        (None, None),
        ({"NetworkID": ""}, {"NetworkID": ""}),
        ({"NetworkID": "e" * 64, "Aliases": ["a"]}, {"NetworkID": "e" * 64, "Aliases": ["a"]}),
        ({"NetworkID": "node-1/net", "Aliases": ["a"]}, {"Aliases": ["a"]}),
        ({"NetworkID": "node-1/other"}, {"NetworkID": "other"}),
    ],
)
def test_an_endpoints_network_is_asked_for_as_its_engine_knows_it(endpoint: Any, sent: Any) -> None:
    assert plain_endpoint("net", endpoint, plain) == sent
