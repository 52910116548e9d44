from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.container_index import Bounded, NameIndex, PrefixIndex

TEXTS = st.text("ab", max_size=6)


@given(st.lists(st.tuples(st.booleans(), TEXTS)), TEXTS, st.integers(1, 5))
def test_prefixes_are_found_as_by_looking_at_all(
    steps: list[tuple[bool, str]], prefix: str, limit: int
) -> None:
    index, texts = PrefixIndex(), set()
    for adding, text in steps:
        if adding and text not in texts:
            index.add(text)
            texts.add(text)
        elif not adding and text in texts:
            index.remove(text)
            texts.remove(text)
    found = index.starting_with(prefix, limit)
    assert found == sorted(text for text in texts if text.startswith(prefix))[:limit]
    assert len(index) == len(texts)


def test_many_new_texts_at_once() -> None:
    index = PrefixIndex()
    for number in range(1000):
        index.add(f"{number * 7919 % 1000:03}")
    assert index.starting_with("99", 20) == [f"99{digit}" for digit in range(10)]


def test_a_name_may_be_held_by_several() -> None:
    index = NameIndex()
    index.add("web", "1")
    index.add("web", "2")
    index.add("db", "1")
    assert index.find("web") == ("1", "2")
    assert set(index) == {"web", "db"} and index.shared == {"web"}
    index.remove("web", "1")
    assert index.find("web") == ("2",) and index.shared == set()
    index.remove("web", "2")
    assert index.find("web") == () and set(index) == {"db"}


def test_a_bounded_table_forgets_its_oldest_items() -> None:
    table: Bounded[int] = Bounded(2)
    for number, key in enumerate("abcb"):
        table.put(key, number)
    assert "a" not in table and table.get("a") is None
    assert (table.get("b"), table.get("c"), len(table)) == (3, 2, 2)
