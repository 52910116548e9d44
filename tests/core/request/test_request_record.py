from __future__ import annotations

from twisted.internet.defer import Deferred

from swarmd.core.request.request_record import LEFT, RequestRecord, asked, trace_headers
from swarmd.core.request.trace_context import begun


def test_whoever_acts_for_a_request_finds_its_record_also_later() -> None:
    record, other, later = (
        RequestRecord(begun("a" * 32, "b" * 16)),
        RequestRecord(),
        Deferred[None](),
    )

    async def act() -> None:
        asked("node-1")
        await later
        asked("node-2")
        asked("node-1")
        assert trace_headers() == [(b"traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")]

    record.run(lambda: Deferred.fromCoroutine(act()))
    other.run(lambda: later.callback(None))
    assert record.nodes == ["node-1", "node-2"] and other.nodes == []
    asked("node-3")
    assert trace_headers() == [] and "node-3" not in record.nodes


def test_it_is_reported_once_with_what_is_known_then() -> None:
    reported: list[tuple[int, bool, int, int]] = []
    record = RequestRecord(
        None, lambda end: reported.append((end.status, end.complete, end.received, end.sent))
    )
    record.answered(101, 0.5)
    record.taken_over(10, 20)
    record.add_received(1)
    record.add_sent(2)
    record.finish(complete=True)
    record.finish(complete=False)
    assert reported == [(101, True, 11, 22)]


def test_without_an_answer_the_client_has_left() -> None:
    reported: list[int] = []
    record = RequestRecord(None, lambda end: reported.append(end.status))
    record.finish(complete=False)
    assert reported == [LEFT]
