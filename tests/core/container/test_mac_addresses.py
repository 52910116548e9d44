"""MAC addresses of a create, for engines that take but one."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.container.mac_addresses import elsewhere, of_main_network

MAC = "02:00:00:00:00:09"


def wish(mode: str, **endpoints: Any) -> dict[str, Any]:
    return {
        "HostConfig": {"NetworkMode": mode},
        "NetworkingConfig": {"EndpointsConfig": endpoints},
    }


def test_of_the_main_network_it_is_the_containers() -> None:
    body = wish("net", net={"MacAddress": MAC}, other={})
    assert not elsewhere(body)
    assert of_main_network(body) == {**body, "MacAddress": MAC}
    assert of_main_network({**body, "MacAddress": "own"})["MacAddress"] == "own"
    assert "MacAddress" in of_main_network(wish("", default={"MacAddress": MAC}))


def test_of_another_network_it_cannot_be_had() -> None:
    body = wish("net", other={"MacAddress": MAC})
    assert elsewhere(body)
    assert of_main_network(body) is body


def test_what_was_made_out_of_the_address_is_no_wish() -> None:
    seen = {"MacAddress": "02:42:ac:12:00:03", "IPAddress": "172.18.0.3"}
    assert not elsewhere(wish("net", other=seen))
    assert of_main_network(body := wish("net", net=seen)) is body
    assert elsewhere(wish("net", other={**seen, "IPAddress": "172.18.0.4"}))
    assert elsewhere(wish("net", other={**seen, "IPAddress": "fd00::3"}))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"NetworkingConfig": None},
        {"NetworkingConfig": {"EndpointsConfig": None}, "HostConfig": None},
        wish("net", net=None, other={"MacAddress": ""}),
    ],
)
def test_none_is_asked_for(body: dict[str, Any]) -> None:
    assert not elsewhere(body) and of_main_network(body) is body
