from swarmd.scheduler.placement import Placement
from swarmd.scheduler.registry import FILTERS
from tests.scheduler.fleet import nodes, passing


def test_a_wish_for_nothing_in_particular_passes_every_filter() -> None:
    for name in FILTERS:
        assert passing(name, Placement(), nodes(2)) == ["node-1", "node-2"]
