from __future__ import annotations

from swarmd.cluster.endings import Endings
from swarmd.core.model import Container


def one(**changes: object) -> Container:
    return Container("c", "k", state="running", entry=b"{", **changes)  # type: ignore[arg-type]


def text(endings: Endings, container: Container, now: float, offset: float = 0.0) -> bytes:
    entry, end = endings.entries([container], {"k": offset}, now)
    assert entry == b"{"
    return end


def test_kept_until_the_text_is_another() -> None:
    endings, container = Endings(), one(started_at=100.0)
    first = text(endings, container, 161.0)
    assert b"Up About a minute" in first
    assert text(endings, container, 219.9) is first
    assert b"Up 2 minutes" in text(endings, container, 220.0)


def test_of_a_container_that_is_another_now() -> None:
    endings = Endings()
    text(endings, one(started_at=100.0), 161.0)
    assert b"Up 1 second" in text(endings, one(started_at=160.0), 161.0)


def test_by_the_clock_of_the_engine() -> None:
    endings, container = Endings(), one(started_at=100.0)
    assert b"Up 5 seconds" in text(endings, container, 1105.0, offset=1000.0)
    endings.clear()
    assert b"Up 15 seconds" in text(endings, container, 1105.0, offset=990.0)


def test_does_not_grow_for_ever() -> None:
    endings = Endings()
    for number in range(5000):
        endings.entries([Container(f"c{number}", "k")], {"k": 0.0}, 1.0)
    endings.tidy(1000)
    assert len(endings._kept) == 5000
    endings.tidy(900)
    assert not endings._kept
