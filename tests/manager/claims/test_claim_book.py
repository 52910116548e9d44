"""News in any order: what is known is what stands, and nothing older comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmd.manager.claims.claim_book import ClaimBook
from swarmd.manager.claims.keys import HEADS, REGISTERS, ROOT
from swarmd.store.interfaces import Absent, Change, KeyValue, Put, Snapshot, Unchanged

WEB, SUMS = f"{HEADS}names/=web", f"{REGISTERS}engines/=E"


class Heard(list[tuple[str, bytes | None]]):
    def __call__(self, head: str, value: bytes | None) -> None:
        self.append((head, value))


def entry(revision: int, value: bytes = b"b/1", key: str = WEB) -> KeyValue:
    return KeyValue(key, value, revision)


def test_conditions_are_what_was_heard() -> None:
    book = ClaimBook("a", Heard())
    assert book.conditions([WEB]) == [Absent(WEB)]
    book.receive(5, [Change(WEB, entry(5))])
    assert book.conditions([WEB]) == [Unchanged(WEB, 5)]
    book.receive(6, [Change(WEB, None)])
    assert book.conditions([WEB]) == [Absent(WEB)]


def test_news_of_others_give_another_turn_and_ones_own_do_not() -> None:
    heard = Heard()
    book = ClaimBook("a", heard)
    before = book.turn(WEB)
    book.committed(3, [Put(WEB, b'{"id":"a/1"}')])
    book.receive(3, [Change(WEB, entry(3, b'{"id":"a/1"}'))])
    assert (book.turn(WEB), heard) == (before, [])
    book.receive(4, [Change(WEB, entry(4, b'{"id":"b/1"}'))])
    assert book.turn(WEB) != before and heard == [(WEB, b'{"id":"b/1"}')]


def test_registers_are_heard_of_by_nobody() -> None:
    heard = Heard()
    book = ClaimBook("a", heard)
    before = book.turn(SUMS)
    book.receive(3, [Change(SUMS, entry(3, b"b/1", SUMS))])
    assert heard == [] and book.turn(SUMS) != before


def test_an_owner_whose_name_begins_like_ours_is_another() -> None:
    book = ClaimBook("a", Heard())
    assert book.is_own(b"a/1") and not book.is_own(b"ab/1")


def test_an_older_read_brings_nothing_back() -> None:
    book = ClaimBook("a", Heard())
    book.receive(5, [Change(WEB, entry(5))])
    book.receive(7, [Change(WEB, None)])
    book.take_in(Snapshot(ROOT, 6, (entry(5),)))
    assert not book.entries


def test_ones_own_commit_outlives_an_older_read_and_an_older_end() -> None:
    book = ClaimBook("a", Heard())
    book.committed(9, [Put(WEB, b"a/2")])
    book.take_in(Snapshot(HEADS, 8, ()))
    book.receive(8, [Change(WEB, None)])
    assert book.entries[WEB].revision == 9


def test_a_conflict_tells_what_is_gone_and_how_much_is_to_be_heard() -> None:
    book = ClaimBook("a", Heard())
    book.receive(5, [Change(WEB, entry(5))])
    conditions = book.conditions([WEB, SUMS])
    assert book.take_gone(conditions, ((WEB, None), (SUMS, entry(6, b"b/2", SUMS)))) == 6
    assert book.conditions([WEB, SUMS]) == [Absent(WEB), Absent(SUMS)]


def test_a_conflict_says_nothing_of_what_came_after_it() -> None:
    book = ClaimBook("a", Heard())
    conditions = book.conditions([WEB])
    book.receive(9, [Change(WEB, entry(9))])
    book.take_gone(conditions, ((WEB, None),))
    assert book.entries[WEB].revision == 9


WRITES = st.lists(st.sampled_from([b"", b"b/1", b"c/1"]), max_size=8)


@given(WRITES, st.lists(st.integers(0, 7), max_size=12))
def test_what_is_known_in_the_end_is_what_stands(writes: list[bytes], reads: list[int]) -> None:
    """The watch in order, and reads of any earlier moment in between."""
    book, stands = ClaimBook("a", Heard()), [()]
    moments = [Snapshot(ROOT, 0, ())]
    for revision, value in enumerate(writes, 1):
        entries = (entry(revision, value),) if value else ()
        stands.append(entries)
        moments.append(Snapshot(ROOT, revision, entries))
    for revision, entries in enumerate(stands[1:], 1):
        for read in [each for each in reads if each <= revision]:
            book.take_in(moments[read])
        book.receive(revision, [Change(WEB, entries[0] if entries else None)])
        for read in [each for each in reads if each <= revision]:
            book.take_in(moments[read])
        assert tuple(book.entries.values()) == entries
