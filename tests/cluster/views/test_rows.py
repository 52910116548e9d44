from __future__ import annotations

from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.views.rows import Row, Rows, pieces
from swarmd.core.container.container_state import Container
from swarmd.core.model import Engine, Spec


def one(**changes: object) -> Container:
    return Container("c", "k", state="running", entry=b"{", **changes)  # type: ignore[arg-type]


def engine(offset: float = 0.0) -> Engine:
    return EngineRecord("k", "k", spec=Spec("k", "k", 1, 1, clock_offset=offset))


def text(row: Row, now: float, offset: float = 0.0, of: Container | None = None) -> bytes:
    entry, end = pieces([row], [of or row.container], {"k": offset}, now)
    assert entry == b"{"
    return end


def test_an_end_is_kept_until_its_text_is_another() -> None:
    row = Row(one(started_at=100.0))
    first = text(row, 161.0)
    assert b"Up About a minute" in first
    assert text(row, 219.9) is first
    assert b"Up 2 minutes" in text(row, 220.0)


def test_an_end_of_a_container_that_is_another_now() -> None:
    rows = Rows()
    rows.put(engine(), one(started_at=100.0))
    (row,) = rows.of(["c"])
    assert b"Up About a minute" in text(row, 161.0)
    rows.put(engine(), one(started_at=160.0))
    assert b"Up 1 second" in text(row, 161.0)


def test_what_was_shown_then_is_not_what_is_known_now() -> None:
    before, row = one(started_at=100.0), Row(one(started_at=160.0))
    assert b"Up 1 second" in text(row, 161.0)
    assert b"Up About a minute" in text(row, 161.0, of=before)
    assert b"Up 1 second" in text(row, 161.0)


def test_by_the_clock_of_the_engine() -> None:
    rows = Rows()
    rows.put(engine(1000.0), one(started_at=100.0))
    (row,) = rows.of(["c"])
    assert b"Up 5 seconds" in text(row, 1105.0, offset=1000.0)
    rows.reorder()
    assert b"Up 15 seconds" in text(row, 1105.0, offset=990.0)


def test_newest_first_also_when_a_moment_of_creation_turns_out_to_be_another() -> None:
    rows, there = Rows(), {"k": engine()}

    def order() -> list[str]:
        return [row.container.id for row in rows.newest_first(there)]

    rows.put(there["k"], one(created=1.0))
    rows.put(there["k"], Container("c2", "k", created=2.0))
    assert order() == ["c2", "c"]
    rows.put(there["k"], one(created=3.0))
    assert order() == ["c", "c2"]
    rows.drop(there["k"], one(created=3.0))
    assert order() == ["c2"]


def test_what_does_not_move_leaves_the_order_alone() -> None:
    rows, there = Rows(), {"k": engine()}
    rows.put(there["k"], one(created=1.0))
    order = rows.newest_first(there)
    rows.put(there["k"], one(created=1.0, health="healthy"))
    assert rows.newest_first(there) is order
