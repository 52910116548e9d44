from __future__ import annotations

from swarmd.manager.fleet.sources import Sources


def test_asks_all_of_them_anew_each_time_in_the_order_they_came() -> None:
    sources, said = Sources[str](), ["b"]
    assert sources() == []
    sources.add(lambda: ("a",))
    sources.add(lambda: said)
    assert sources() == ["a", "b"]
    said.append("c")
    assert sources() == ["a", "b", "c"]
