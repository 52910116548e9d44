import pytest

from swarmd.scheduler.registry import ALWAYS, FILTERS, STRATEGIES, make_policy


def test_defaults() -> None:
    policy = make_policy()
    assert policy.strategy == "spread" and policy.spread == ""
    assert policy.filters == tuple(FILTERS)


def test_names_of_classic_swarm_are_known() -> None:
    classic = {"health", "port", "containerslots", "dependency", "affinity", "constraint"}
    assert classic | {"whitelist"} <= set(FILTERS)
    assert set(STRATEGIES) == {"spread", "spread:usage", "binpack", "random"}
    assert make_policy("binpacking").strategy == "binpack"


def test_order_is_kept_and_some_filters_always_apply() -> None:
    policy = make_policy(filters=["port", "device", "health", "port"])
    assert policy.filters[:3] == ("port", "device", "health")
    assert set(policy.filters) == {"port", "health", *ALWAYS}


def test_spread_label() -> None:
    policy = make_policy("spread:zone")
    assert (policy.strategy, policy.spread) == ("spread", "zone")
    policy = make_policy("spread:usage")
    assert (policy.strategy, policy.spread) == ("spread:usage", "")


@pytest.mark.parametrize(
    ("strategy", "filters", "overcommit", "message"),
    [
        (
            "best",
            (),
            0,
            "strategy not supported: best; known: spread, spread:usage, binpack, random",
        ),
        ("", (), 0, "strategy not supported"),
        ("binpack:zone", (), 0, "only spread takes a label"),
        ("spread", ("helth",), 0, "filter not supported: helth; known: health, cordon, constr"),
        ("spread", (), -1, "swarm.overcommit should be larger than -1, -1 is invalid"),
        ("spread", (), float("nan"), "swarm.overcommit should be"),
    ],
)
def test_refusals(strategy: str, filters: tuple[str, ...], overcommit: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_policy(strategy, filters, overcommit=overcommit)
