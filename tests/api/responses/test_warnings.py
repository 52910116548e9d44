"""Whom a list lacks, as a header."""

from __future__ import annotations

from swarmd.api.responses.warnings import _quoted, warning_headers
from tests.manager.rig import Rig


def test_nothing_to_say() -> None:
    assert warning_headers(Rig(2).fleet, "volumes") == []


def test_a_lost_node_is_named() -> None:
    rig = Rig(2)
    rig.lose(2)
    assert warning_headers(rig.fleet, "networks") == [
        (b"Warning", b'199 swarmd "node node-2 is unhealthy: no answer"')
    ]


def test_a_node_that_is_slow_with_this_list_is_named() -> None:
    rig = Rig(2)
    rig.state.mark_stale(rig.engine(1).key, "networks")
    ((_, text),) = warning_headers(rig.fleet, "networks")
    assert text.startswith(b'199 swarmd "node node-1 did not answer')
    assert warning_headers(rig.fleet, "volumes") == []


def test_many_are_counted() -> None:
    rig = Rig(13)
    for number in range(1, 13):
        rig.lose(number)
    assert len(warning_headers(rig.fleet, "networks")) == 11
    assert warning_headers(rig.fleet, "networks")[-1] == (
        b"Warning",
        b'199 swarmd "and 2 more nodes"',
    )


def test_whatever_the_reason_it_stays_one_line() -> None:
    assert _quoted('a "b"\r\nX: y\\ ü') == b'a \\"b\\"??X: y\\\\ ?'
