from swarmd.scheduler.strategies import weights
from tests.scheduler.fleet import indexed, make_engine


def test_engines_without_a_weight_weigh_one() -> None:
    fleet = indexed([make_engine("a"), make_engine("b", weight="2"), make_engine("c", weight="x")])
    assert sorted(weights.groups(fleet)) == [(1.0, 0b001), (1.0, 0b100), (2.0, 0b010)]


def test_values_are_divided_by_each_engines_weight() -> None:
    heavy = [(1.0, 0b01), (2.0, 0b10)]
    assert weights.divided([(6, 0b11), (4, 0b01)], heavy) == [(6, 0b01), (3, 0b10), (4, 0b01)]
    assert weights.divided([(6, 0b11)], [(1.0, 0b11)]) == [(6, 0b11)]
