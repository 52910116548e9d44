from __future__ import annotations

import pytest

from swarmd.core.addresses import MOST_ADDRESSES
from swarmd.discovery.entry import Entry
from swarmd.discovery.node_list import NodeList, parse_nodes


def test_a_list() -> None:
    entries = parse_nodes("a:1, 10.0.0.[1:2],unix:///run/x,A:1", 2376)
    assert [entry.address for entry in entries] == [
        "a:1",
        "10.0.0.1:2376",
        "10.0.0.2:2376",
        "unix:///run/x",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,,b", "'a,,b' has an empty place between its commas"),
        ("a,", "'a,' has an empty place"),
        ("", "'' has an empty place"),
        ("a b", "'a b' is not a host name"),
        ("a[1:10000],b", f"more than {MOST_ADDRESSES} engines"),
    ],
)
def test_a_wrong_list(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_nodes(text, 2375)


def test_the_list_is_told_once() -> None:
    lists: list[list[Entry]] = []
    entries = parse_nodes("a,b", 2375)
    nodes = NodeList(entries, lists.append)
    nodes.startService()
    nodes.reread()
    nodes.stopService()
    assert nodes.notices() == []
    assert lists == [entries]
