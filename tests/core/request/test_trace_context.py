from __future__ import annotations

import pytest

from swarmd.core.request.trace_context import begun, continued

TRACE, PARENT, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01"


def test_the_trace_goes_on_with_a_span_of_our_own() -> None:
    found = continued(GIVEN.encode(), None, SPAN)
    assert found is not None
    assert (found.trace_id, found.parent_id, found.span_id) == (TRACE, PARENT, SPAN)
    assert found.lines == f"traceparent: 00-{TRACE}-{SPAN}-01\r\n".encode()


def test_what_other_vendors_say_of_it_goes_along() -> None:
    found = continued(GIVEN.encode(), b"rojo=1, congo=2", SPAN)
    assert found is not None
    assert found.headers == [
        (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()),
        (b"tracestate", b"rojo=1, congo=2"),
    ]


@pytest.mark.parametrize(
    ("flags", "passed"), [("00", "00"), ("01", "01"), ("03", "03"), ("ff", "03"), ("fc", "00")]
)
def test_flags_that_nobody_knows_are_not_passed_on(flags: str, passed: str) -> None:
    found = continued(f"00-{TRACE}-{PARENT}-{flags}".encode(), None, SPAN)
    assert found is not None and found.lines.endswith(f"-{passed}\r\n".encode())


@pytest.mark.parametrize("more", ["", "-", "-what-ever comes"])
def test_of_a_later_version_the_known_part_counts(more: str) -> None:
    found = continued(f"cc-{TRACE}-{PARENT}-03{more}".encode(), None, SPAN)
    assert found is not None
    assert found.lines == f"traceparent: 00-{TRACE}-{SPAN}-01\r\n".encode()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        GIVEN.upper(),
        GIVEN[:-1],
        f" {GIVEN}",
        f"{GIVEN}\n",
        f"{GIVEN}\r\nX-Evil: 1",
        f"{GIVEN}-00",
        f"{GIVEN}, {GIVEN}",
        f"ff-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01x",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00-{TRACE}{PARENT}-01",
    ],
)
def test_what_is_malformed_is_none(given: str) -> None:
    assert continued(given.encode(), b"rojo=1", SPAN) is None


def test_none_is_none() -> None:
    assert continued(None, b"rojo=1", SPAN) is None


def test_one_that_begins_here_has_no_parent() -> None:
    found = begun(TRACE, SPAN)
    assert found.lines == f"traceparent: 00-{TRACE}-{SPAN}-01\r\n".encode()
    assert found.parent_id == ""
