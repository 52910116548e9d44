from __future__ import annotations

from swarmd.cluster.catalogue import Catalogue, touch
from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort, Mount
from swarmd.core.index.tally import Tally


def one(**changes: object) -> Container:
    return Container("c1", "k", ("web",), **changes)  # type: ignore[arg-type]


def test_equal_values_leave_the_sums_alone() -> None:
    catalogue, engine = Catalogue(), EngineRecord("k", "k")
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
        catalogue, engine = Catalogue(), EngineRecord("k", "k")
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
    catalogue, engine = Catalogue(), EngineRecord("k", "k")
    catalogue.mark(engine, "c1", 5.0)
    catalogue.mark(engine, "c1", 3.0)
    catalogue.clean_as_of(engine, "c1", 4.0)
    assert engine.dirty == {"c1"}
    catalogue.clean_as_of(engine, "c1", 5.0)
    assert engine.dirty == set()


HELD: dict[str, object] = {"demand": Demand(ports=(HostPort(80),))}


def removed(*containers: Container) -> Catalogue:
    catalogue = Catalogue()
    for container in containers:
        engine = EngineRecord(container.engine, container.engine)
        catalogue.put(engine, container)
        catalogue.remove(engine, container.id)
    return catalogue


def test_where_a_name_has_left_a_folder_or_an_address() -> None:
    assert removed(one(**HELD)).last_engine("web") == "k"
    assert removed(one(mounts=(Mount("", "/srv", "/srv"),))).last_engine("web") == "k"
    assert (
        removed(one(mounts=(Mount("data", "/x", "/y"), Mount("", "", "/t")))).last_engine("web")
        == ""
    )
    assert removed(one(**HELD)).last_engine("db") == ""


def test_the_last_one_of_a_name_counts() -> None:
    there = one(**HELD)
    assert removed(there, there._replace(engine="k2")).last_engine("web") == "k2"


def test_a_name_that_was_taken_over_has_its_home_there() -> None:
    catalogue, engine = Catalogue(), EngineRecord("k", "k")
    catalogue.put(engine, one(**HELD))
    catalogue.put(EngineRecord("k2", "k2"), one(**HELD)._replace(id="c2", engine="k2"))
    catalogue.remove(engine, "c1")
    assert catalogue.last_engine("web") == ""
