"""What every rule of every filter must bring along."""

from swarmd.core.container.container_state import Demand, HostPort
from swarmd.core.container.resources import DeviceWish
from swarmd.core.model import Volume
from swarmd.scheduler.placement import Pin, Placement, Platform, PortRange
from swarmd.scheduler.registry import FILTERS
from tests.scheduler.fleet import POLICY, expressions, indexed, nodes

EVERYTHING = Placement(
    demand=Demand(1, 1, (HostPort(80),)),
    port_ranges=(PortRange(1, 2),),
    cpuset=1,
    device_wishes=(DeviceWish("gpu", 1, ()),),
    constraints=expressions("zone==a"),
    affinities=expressions("image==x"),
    whitelists=expressions("node==x"),
    dependencies=(Pin("--link=x", frozenset(), "x is not there"),),
    networks=("app",),
    volumes=("data",),
    platform=Platform("linux"),
    pins=(Pin("image", frozenset(), "lacks the image"),),
)


def test_every_filter_has_rules_that_bear_its_name() -> None:
    engines = nodes(1)
    engines[0].volumes["data"] = Volume("data")
    for name, filter_ in FILTERS.items():
        rules = list(filter_(EVERYTHING, indexed(engines), POLICY))
        assert rules or name == "network"
        assert {rule.filter for rule in rules} <= {name}
        assert all(rule.condition or rule.headline for rule in rules)


def test_rules_keep_nothing_of_nothing() -> None:
    for filter_ in FILTERS.values():
        assert all(rule.keep(0) == 0 for rule in filter_(EVERYTHING, indexed([]), POLICY))
