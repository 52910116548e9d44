from __future__ import annotations

from collections.abc import Mapping

from tests.soak.ledger import Ledger, Seen

Lists = Mapping[str, list[Seen]]


def ledger(*made: Seen) -> Ledger:
    kept = Ledger()
    for one in made:
        kept.trying(one.name)
        kept.made(one.id, one.name)
    return kept


A, B = Seen("a" * 64, "web"), Seen("b" * 64, "db")


def test_what_was_acknowledged_is_there_and_shown() -> None:
    real: Lists = {"n1": [A], "n2": [B]}
    assert ledger(A, B).violations(real, real) == []
    assert ledger(A, B).acknowledged == 2


def test_what_vanished() -> None:
    assert ledger(A).violations({"n1": []}, {"n1": []}) == [
        "web (aaaaaaaaaaaa) was acknowledged and is nowhere"
    ]


def test_what_is_listed_elsewhere_or_nowhere() -> None:
    assert ledger(A).violations({"n1": [A]}, {"n2": [A]}) == [
        "web (aaaaaaaaaaaa) is on n1 and not listed there",
        "web (aaaaaaaaaaaa) is listed on n2 and not there",
    ]


def test_what_was_made_twice() -> None:
    real: Lists = {"n1": [A], "n2": [Seen("c" * 64, "web")]}
    assert ledger(A).violations(real, real) == ["web is there 2 times"]


def test_what_nobody_asked_for() -> None:
    assert ledger(A).violations({"n1": [A, B]}, {"n1": [A, B]}) == ["nobody asked for db"]


def test_a_removal_is_in_doubt_until_it_is_seen() -> None:
    kept = ledger(A)
    kept.removing(A.id)
    assert not kept.holds(A.id)
    for real in ({"n1": [A]}, {"n1": []}):
        assert kept.violations(real, real) == []
    kept.reconcile({"n1": []})
    assert kept.violations({"n1": [A]}, {"n1": [A]}) == [
        "web (aaaaaaaaaaaa) was removed and is there"
    ]


def test_what_was_removed_is_gone() -> None:
    kept = ledger(A)
    kept.removing(A.id)
    kept.removed(A.id)
    assert kept.violations({"n1": [A]}, {"n1": [A]}) == [
        "web (aaaaaaaaaaaa) was removed and is there"
    ]


def test_a_rename_may_have_worked_until_it_is_acknowledged() -> None:
    kept = ledger(A)
    kept.renaming(A.id, "new")
    renamed: Lists = {"n1": [Seen(A.id, "new")]}
    assert kept.violations(renamed, renamed) == []
    assert kept.violations({"n1": [A]}, {"n1": [A]}) == []
    kept.renamed(A.id, "new")
    assert kept.violations({"n1": [A]}, {"n1": [A]}) == ["aaaaaaaaaaaa is called web, not new"]
