from __future__ import annotations

from itertools import islice

from tests.soak.plan import HARMS, OWN, VERBS, rounds

CYCLE = len(HARMS) + len(OWN)


def test_one_seed_is_one_plan() -> None:
    assert list(islice(rounds(7, 3, 4), 50)) == list(islice(rounds(7, 3, 4), 50))
    assert list(islice(rounds(7, 3, 4), 50)) != list(islice(rounds(8, 3, 4), 50))


def test_every_fault_comes_once_before_one_comes_again() -> None:
    plan = list(islice(rounds(1, 3, 2), 2 * CYCLE))
    for cycle in (plan[:CYCLE], plan[CYCLE:]):
        assert sorted(one.fault for one in cycle) == sorted((*HARMS, *OWN))


def test_a_round_can_be_played_alone() -> None:
    whole = list(islice(rounds(3, 3, 2), 30))
    assert list(islice(rounds(3, 3, 2, first=21), 10)) == whole[20:]


def test_there_is_work_for_every_client() -> None:
    (one,) = islice(rounds(1, 3, 5), 1)
    assert len(one.works) == 5 and {verb for work in one.works for verb in work} <= set(VERBS)
