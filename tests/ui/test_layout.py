from __future__ import annotations

from swarmd.ui.layout import MENU, Frame
from swarmd.ui.markup import el, foreign
from tests.ui.rig import HOSTILE, Document


def page(entries: list[str], *, urgent: bool = False) -> Document:
    frame = Frame("a <host>", entries, HOSTILE, "about", "run-1", 0)
    html = frame.page("A title", "Fleet", el("h1", "x"), every=3, urgent=urgent)
    assert html.startswith(b"<!DOCTYPE html>")
    return Document(html)


def test_a_page_has_its_landmarks_and_says_where_one_is() -> None:
    found = page(list(MENU))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(found.all(landmark)) == 1
    assert found.all("html")[0] == {"lang": "en", "data-instance": "run-1", "data-every": "3"}
    assert found.all("a", aria_current="page") == [{"href": "/swarmd/", "aria-current": "page"}]
    assert found.all("a", href="#main") and found.all("p", role="status")
    assert foreign(HOSTILE) in found.text and "a <host>" in found.text


def test_nothing_stands_in_the_page_that_its_policy_forbids() -> None:
    found = page(list(MENU))
    assert [one["type"] for one in found.all("script")] == ["module"]
    assert all("style" not in about for _, about in found.elements)
    assert not found.all("style")
    assert not [name for _, about in found.elements for name in about if name.startswith("on")]


def test_the_menu_has_what_may_be_opened() -> None:
    assert page(["Fleet"]).links() == ["#main", "/swarmd/", "/swarmd/"]


def test_only_what_is_under_way_is_loaded_again_without_scripts() -> None:
    assert not page([]).all("meta", http_equiv="refresh")
    assert page([], urgent=True).all("meta", http_equiv="refresh")[0]["content"] == "3"
