from __future__ import annotations

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.stats import Stats
from swarmd.core.index.usage import assumed
from swarmd.manager.usage.book import OLD, UsageBook

CPU = 10**9
WEB = Container("web", "key", state="running", demand=Demand(2 * CPU, 100))


def put(
    book: UsageBook, cpu_seconds: float, now: float, age: float = 10.0, memory: int = 50
) -> None:
    book.put("web", Stats(int(cpu_seconds * CPU), memory), now, age, 4 * CPU)


def test_the_first_reading_is_the_mean_since_the_start() -> None:
    book = UsageBook()
    assert book.use_of(WEB, 0) == assumed(WEB.demand)
    put(book, 5, 0)
    assert book.use_of(WEB, 0) == (CPU / 2, 50) and book.fresh([WEB], 0) == 1


def test_what_follows_is_a_rate_and_smoothed() -> None:
    book = UsageBook()
    put(book, 5, 0)
    put(book, 65, 60, memory=150)  # one CPU all the time
    assert book.use_of(WEB, 60) == (0.75 * CPU, 100)
    put(book, 66, 60.01)  # too soon to tell
    assert book.use_of(WEB, 60) == (0.75 * CPU, 100)


def test_a_counter_that_went_back_is_another_start() -> None:
    book = UsageBook()
    put(book, 500, 0)
    put(book, 1, 60, age=2)
    assert book.use_of(WEB, 60)[0] == CPU / 2


def test_no_rate_is_more_than_the_engine_has() -> None:
    book = UsageBook()
    put(book, 1e9, 0)
    assert book.use_of(WEB, 0)[0] == 4 * CPU
    put(book, 2e9, 0.1)
    assert book.use_of(WEB, 0)[0] == 4 * CPU
    put(UsageBook(), 1, 0, age=-5)


def test_old_ones_and_those_of_others_count_no_more() -> None:
    book = UsageBook()
    put(book, 5, 0)
    assert book.use_of(WEB, OLD + 1) == assumed(WEB.demand) and book.fresh([WEB], OLD + 1) == 0
    stopped, made = WEB._replace(state="exited"), WEB._replace(state="created")
    assert book.use_of(stopped, 0) == (0, 0) and book.use_of(made, 0) == assumed(WEB.demand)
    assert book.sums([WEB, stopped], 0) == (CPU / 2, 50)
    book.keep({"web"})
    assert len(book) == 1 and book.sampled_at("web") == 0
    book.keep(())
    assert len(book) == 0 and book.sampled_at("web") is None
