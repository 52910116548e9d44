from __future__ import annotations

from dataclasses import replace

from swarmd.discovery.entry import TlsOverride, bare_entry


def test_key_is_for_comparing_and_address_for_showing() -> None:
    entry = bare_entry("tcp://Node-1", 2376)
    assert (entry.key, entry.address) == ("node-1:2376", "Node-1:2376")


def test_connections_depend_on_address_and_tls_only() -> None:
    entry = bare_entry("node-1", 2375)
    assert replace(entry, labels={"zone": "a"}, name="db").same_connection(entry)
    assert not replace(entry, address="node-2:2375").same_connection(entry)
    assert not replace(entry, tls=TlsOverride(name="db")).same_connection(entry)
