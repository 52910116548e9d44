from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import STRATEGIES
from swarmd.scheduler.strategies.column import grouped, measured, ordered
from tests.scheduler.fleet import POLICY, indexed, nodes, values


def test_every_strategy_gives_a_number_for_each_engine() -> None:
    fleet = indexed(nodes(3))
    for strategy in STRATEGIES.values():
        columns = strategy(Placement(), fleet, POLICY, 1)
        assert columns
        assert all(len(values(column, fleet.everyone)) == 3 for column in columns)


def test_groups_go_by_value_and_equal_values_are_one_group() -> None:
    column = grouped("x", [(2, 0b0100), (1, 0b1000), (2.0, 0b0001)])
    assert list(column.split(0b1111)) == [(1, 0b1000), (2, 0b0101)]
    assert list(column.split(0b0001)) == [(2, 0b0001)]


def test_measured_values_are_grouped_too() -> None:
    by_slot = {0: 5.0, 2: 1.0, 3: 5.0}
    column = measured("x", lambda among: [by_slot[slot] for slot in by_slot if among >> slot & 1])
    assert list(column.split(0b1101)) == [(1.0, 0b0100), (5.0, 0b1001)]
    assert list(column.split(0)) == []


def test_later_columns_order_what_earlier_ones_leave_equal() -> None:
    first = grouped("a", [(0, 0b0111), (1, 0b1000)])
    second = grouped("b", [(7, 0b1001), (3, 0b0110)])
    found = list(ordered([first, second], 0b1111))
    assert found == [((0, 3), 1), ((0, 3), 2), ((0, 7), 0), ((1, 7), 3)]
