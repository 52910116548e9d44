"""The example hosts file: whole, and with its commented lines taken at their word."""

from __future__ import annotations

import re
from pathlib import Path

from swarmd.discovery.hosts_file import parse_hosts

TEXT = (Path(__file__).parents[2] / "conf" / "hosts").read_text()


def test_as_shipped_it_names_nobody() -> None:
    hosts = parse_hosts(TEXT, 2375)
    assert (hosts.entries, hosts.problems) == ([], [])


def test_its_examples_work() -> None:
    hosts = parse_hosts(re.sub(r"^#(?=\S)", "", TEXT, flags=re.MULTILINE), 2375)
    assert hosts.problems == []
    assert [entry.address for entry in hosts.entries] == [
        "unix:///run/docker.sock",
        "10.0.0.11:2375",
        "10.0.0.12:2375",
    ]


def test_the_addresses_in_its_explanation_work() -> None:
    (table,) = re.findall(r"# Addresses.*?\n#\n(.*?)\n#\n", TEXT, flags=re.DOTALL)
    addresses = table.replace("#", " ").split()
    hosts = parse_hosts("\n".join(addresses), 2375)
    assert hosts.problems == []
    assert len(hosts.entries) == 6 + 20 + 80
