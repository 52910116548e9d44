from __future__ import annotations

from swarmd.cluster.catalogue import Catalogue, touch
from swarmd.core.model import Container, Demand, Engine, HostPort, Mount
from swarmd.core.tally import Tally


def one(**changes: object) -> Container:
    return Container("c1", "k", ("web",), **changes)  # type: ignore[arg-type]


def test_equal_values_leave_the_sums_alone() -> None:
    catalogue, engine = Catalogue(), Engine("k", "k")
    catalogue.put(engine, one(state="running"))
    catalogue.put(engine, one(state="running", entry=b"new"))
    assert (engine.tally.total, engine.tally.running) == (1, 1)
    assert catalogue.by_id["c1"].entry == b"new"


def test_whatever_is_counted_is_counted_anew() -> None:
    """Field by field: one that the tally reads and ``put`` does not compare would stay wrong."""
    changes: dict[str, object] = {
        "state": "exited",
        "starting": True,
        "names": ("db",),
        "demand": Demand(1, 2, (HostPort(80),), (("gpu", "0"),)),
        "labels": {"a": "b"},
        "networks": (("net", "n1"),),
        "mounts": (Mount("data", "/x", "/y"),),
    }
    for field, value in changes.items():
        catalogue, engine = Catalogue(), Engine("k", "k")
        catalogue.put(engine, one(state="running"))
        new = one(state="running")._replace(**{field: value})  # type: ignore[arg-type]
        catalogue.put(engine, new)
        expected = Tally()
        expected.add(catalogue.by_id["c1"])
        assert engine.tally == expected, field


def test_touching_never_goes_back_in_time() -> None:
    assert touch(one(touched=5.0), 3.0).touched == 5.0
    assert touch(one(touched=5.0), 7.0).touched == 7.0


def test_marks_keep_their_latest_moment() -> None:
    catalogue, engine = Catalogue(), Engine("k", "k")
    catalogue.mark(engine, "c1", 5.0)
    catalogue.mark(engine, "c1", 3.0)
    catalogue.settle(engine, "c1", 4.0)
    assert engine.dirty == {"c1"}
    catalogue.settle(engine, "c1", 5.0)
    assert engine.dirty == set()
