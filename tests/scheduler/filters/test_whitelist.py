import pytest

from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import conditions, expressions, make_engine, passing, reasons

ENGINES = [make_engine("node-1", zone="a"), make_engine("node-2", zone="b"), make_engine("db-3")]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("node==node-1|db-3", ["node-1", "db-3"]),
        ("node==node-1 | ID-node-2", ["node-1", "node-2"]),
        ("node!=node-1|db-3", ["node-2"]),
        ("node==db*|node-2", ["node-2", "db-3"]),
        ("node==/^(node-1|db)/", ["node-1", "db-3"]),
        ("node==nope", []),
        ("zone==a|b", ["node-1", "node-2"]),
    ],
)
def test_kept(text: str, kept: list[str]) -> None:
    assert passing("whitelist", Placement(whitelists=expressions(text)), ENGINES) == kept


def test_words() -> None:
    wanted = Placement(whitelists=expressions("node==zz"))
    assert conditions("whitelist", wanted, []) == ["node==zz (soft=false)"]
    assert reasons("whitelist", wanted, ENGINES[:1]) == ["node==zz leaves it out"]
    soft = Placement(whitelists=expressions("node==~zz"))
    assert conditions("whitelist", soft, []) == ["node==zz (soft=true)"]
