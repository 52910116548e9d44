from swarmd.scheduler.registry import STRATEGIES
from swarmd.scheduler.request import Placement
from tests.scheduler.fleet import POLICY, nodes


def test_every_strategy_gives_a_number_for_each_engine() -> None:
    for strategy in STRATEGIES.values():
        columns = strategy(Placement(), nodes(3), POLICY, 1)
        assert columns
        assert all(len(column.values) == 3 for column in columns)
