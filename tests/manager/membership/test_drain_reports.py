from __future__ import annotations

from typing import Any

from swarmd.manager.membership.drain_reports import TOGETHER
from swarmd.store.interfaces import Put
from tests.manager.membership.rig import Member, advance, server
from tests.manager.rig import result_of

NODE = "10.0.0.1:2375"


def line(status: str, **more: Any) -> dict[str, Any]:
    return {"Node": "node-1", "Status": status, **more}


def test_what_the_leader_reports_is_heard_elsewhere_and_kept() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    heard: list[tuple[str, Any]] = []
    b.reports.on_lines = lambda key, lines: heard.extend((key, one) for one in lines)
    lines = [line("begun"), line("moving"), {"Node": "node-1", "Done": True}]
    for one in lines:
        a.reports.report(NODE, one)
    assert heard == [(NODE, one) for one in lines] and b.reports.of(NODE) == lines
    assert Member(shared, "c").reports.of(NODE) == lines


def test_a_new_drain_takes_the_place_of_the_one_before() -> None:
    shared = server()
    a = Member(shared, "a")
    for _ in range(40):
        a.reports.report(NODE, line("moving"))
    a.reports.report(NODE, {"Node": "node-1", "Done": True})
    a.reports.report(NODE, line("begun"))
    assert a.reports.of(NODE) == [line("begun")]


def test_one_that_goes_on_at_another_swarmd_is_the_same() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    a.reports.report(NODE, line("begun"))
    a.stop()
    b.reports.report(NODE, line("begun"))
    assert len(b.reports.of(NODE)) == 2


def test_a_burst_costs_few_commits() -> None:
    shared = server()
    a = Member(shared, "a")
    a.reports._writing = True  # one is under way
    for _ in range(TOGETHER + 1):
        a.reports.report(NODE, line("moving"))
    before = a.membership.commits
    result_of(a.reports._write())
    assert a.membership.commits == before + 2


def test_lines_that_are_none_are_left_out_and_a_lost_store_ends_nothing() -> None:
    shared = server()
    a, b = Member(shared, "a"), Member(shared, "b")
    result_of(b.store.commit([], [Put("drains/=x/00000001", b'[1, {"Node": 2}]')]))
    result_of(b.store.commit([], [Put("drains/=x/00000002", b"{")]))
    assert a.reports.of("x") == []
    a.store.cut()
    advance(shared, 10.0)
    a.reports.report(NODE, line("moving"))
    assert b.reports.of(NODE) == []
