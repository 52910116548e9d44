from __future__ import annotations

from swarmd.core.request.identity import Identity


def test_the_word_for_logs() -> None:
    assert Identity(common_name="alice", address="10.0.0.1").name == "alice"
    assert Identity(names=("DNS:a.b",), address="10.0.0.1").name == "DNS:a.b"
    assert Identity(uid=0).name == "uid 0"
    assert Identity(address="10.0.0.1").name == "10.0.0.1"
    assert Identity().name == "unknown"
