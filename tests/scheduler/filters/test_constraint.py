import pytest

from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import conditions, expressions, make_engine, passing, reasons

ENGINES = [
    make_engine("node-1", zone="a", kernelversion="5.10.0", com_example_disk="ssd"),
    make_engine("node-2", zone="b", kernelversion="6.1.0"),
    make_engine("node-3", ostype="linux"),
]


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["zone==a"], "1"),
        (["zone!=a"], "23"),
        (["zone==*"], "123"),
        (["zone==/[ab]/"], "12"),
        (["zone==A"], ""),
        (["zone==a", "zone==b"], ""),
        (["zone!=a", "kernelversion==6.*"], "2"),
        (["com.example.disk==ssd"], "1"),
        (["missing!=x"], "123"),
        (["ostype==linux"], "3"),
        (["node==node-2"], "2"),
        (["node==ID-node-2"], "2"),
        (["node!=node-2"], "13"),
        (["node==/-[12]$/"], "12"),
        (["node==node*"], "123"),
        (["node==NODE-2"], ""),
    ],
)
def test_kept(texts: list[str], kept: str) -> None:
    wanted = Placement(constraints=expressions(*texts))
    assert passing("constraint", wanted, ENGINES) == [f"node-{digit}" for digit in kept]


def test_reasons_quote_the_label() -> None:
    said = reasons("constraint", Placement(constraints=expressions("zone==a")), ENGINES)
    assert said == ['zone is "b"', "has no label zone"]
    said = reasons("constraint", Placement(constraints=expressions("node==node-1")), ENGINES[1:2])
    assert said == ["node==node-1 leaves it out"]


def test_condition() -> None:
    wanted = Placement(constraints=expressions("rank==~9"))
    assert conditions("constraint", wanted, []) == ["rank==9"]
