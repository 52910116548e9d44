from __future__ import annotations

from twisted.internet.defer import Deferred

from swarmd.core.request.audit_trail import AuditTrail, touched


def test_only_what_a_request_does_is_on_its_trail() -> None:
    touched("nobody's")
    one, two = (AuditTrail(lambda *outcome: None) for _ in range(2))
    one.run(lambda: touched("a"))
    two.run(lambda: list(map(touched, "bab")) and None)
    touched("nobody's")
    assert (one.nodes, two.nodes) == (["a"], ["b", "a"])


def test_coroutines_take_it_along() -> None:
    trail = AuditTrail(lambda *outcome: None)
    gate: Deferred[None] = Deferred()

    async def work() -> None:
        touched("before")
        await gate
        touched("after")

    async def deeper() -> None:
        await Deferred.fromCoroutine(work())

    trail.run(lambda: Deferred.fromCoroutine(deeper()) and None)
    AuditTrail(lambda *outcome: None).run(lambda: gate.callback(None))
    assert trail.nodes == ["before", "after"]


def test_the_outcome_is_told_once() -> None:
    outcomes: list[tuple[int, bool]] = []
    trail = AuditTrail(lambda _, status, complete: outcomes.append((status, complete)))
    trail.finish(200, complete=False)
    trail.finish(499)
    assert outcomes == [(200, False)]
