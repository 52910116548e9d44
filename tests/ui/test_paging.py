from __future__ import annotations

import pytest

from swarmd.ui.paging import address, heading, page_of, pager
from tests.ui.rig import document


@pytest.mark.parametrize(
    ("asked", "total", "number", "start", "stop"),
    [
        ("", 0, 1, 0, 0),
        ("", 7, 1, 0, 7),
        ("2", 120, 2, 50, 100),
        ("3", 120, 3, 100, 120),
        ("99", 120, 3, 100, 120),
        ("0", 120, 1, 0, 50),
        ("-1", 120, 1, 0, 50),
        ("1e3", 120, 1, 0, 50),
        ("9" * 5000, 120, 1, 0, 50),
    ],
)
def test_any_number_is_a_page_that_there_is(
    asked: str, total: int, number: int, start: int, stop: int
) -> None:
    page = page_of(asked, total)
    assert (page.number, page.start, page.stop) == (number, start, stop)


def test_the_pager_leads_to_the_neighbours_and_keeps_the_question() -> None:
    found = document(pager(page_of("2", 50_000), "/x", {"q": "a b&c", "state": ""}, "thing"))
    assert found.links() == [
        "/x?q=a+b%26c", "/x?q=a+b%26c", "/x?q=a+b%26c&page=3", "/x?q=a+b%26c&page=1000",
    ]  # fmt: skip
    assert "51\N{EN DASH}100 of 50,000 things" in found.text and "Page 2 of 1,000" in found.text


def test_one_page_has_no_links() -> None:
    found = document(pager(page_of("", 3), "/x", {}, "thing"))
    assert found.links() == [] and found.text == "3 things"
    assert document(pager(page_of("", 1), "/x", {}, "thing")).text == "1 thing"


def test_a_heading_sorts_and_then_turns_round() -> None:
    other = document(heading("Name", "name", "/x", {"sort": "age", "page": "4"}, "age"))
    assert other.links() == ["/x?sort=name"] and "aria-sort" not in other.all("th")[0]
    up = document(heading("Name", "name", "/x", {"sort": "name"}, "age"))
    assert up.links() == ["/x?sort=-name"] and up.all("th")[0]["aria-sort"] == "ascending"
    down = document(heading("Name", "name", "/x", {}, "-name"))
    assert down.links() == ["/x?sort=name"] and down.all("th")[0]["aria-sort"] == "descending"


def test_an_address_leaves_out_what_is_empty() -> None:
    assert address("/x", {"a": "", "b": ""}) == "/x"
    assert address("/x", {"a": "1"}, a="", b="\udcff") == "/x?b=%3F"
