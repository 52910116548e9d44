from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.registry import make_policy


def test_policies_are_plain_values() -> None:
    policy = make_policy("spread:zone", ["health"], overcommit=0.5, image_locality=False)
    filters = ("health", "cordon", "pin", "device", "resources")
    assert policy == PlacementPolicy("spread", filters, "zone", 0.5, False)
    assert hash(policy) == hash(
        make_policy("spread:zone", filters, overcommit=0.5, image_locality=False)
    )
