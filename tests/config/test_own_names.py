from __future__ import annotations

import socket
from pathlib import Path

import pytest

from swarmd.config.own_names import own_names, parse_allowed


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Manager.example.org")


def test_its_own_and_those_of_the_hosts_file(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(
        "127.0.0.1 localhost\n127.0.1.1 manager.lan # no.comment\n\n::1 ip6-localhost\n"
        "10.0.0.5 manager manager.internal\n10.0.0.6 other other.lan\nnonsense evil.example\n"
    )
    assert own_names(["tcp://Cloud.example.com:2375", "unix:///x", "fd://"], str(file)) == {
        *("manager.example.org", "manager", "cloud.example.com"),
        *("localhost", "manager.lan", "ip6-localhost", "manager.internal"),
    }


def test_without_a_hosts_file(tmp_path: Path) -> None:
    assert own_names([], str(tmp_path / "none")) == {"manager.example.org", "manager"}


@pytest.mark.parametrize("name", ["swarmd", "cloud.example.com", ".example.com", "a_b", "x."])
def test_names_that_can_be_allowed(name: str) -> None:
    assert parse_allowed(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "*", "*.example.com", "http://a", "a:2375", "a/b", "a b", "-", "..x"]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        parse_allowed(name)
