from __future__ import annotations

from swarmd.ui.markup import render
from swarmd.ui.search_form import choice, search_form

HOSTILE = '"><script>x</script>'


def test_what_was_asked_for_stands_in_it() -> None:
    query = {"q": HOSTILE, "sort": "-name"}
    state = choice("State", "state", "b", [("", "Any state"), ("a", "A"), ("b", HOSTILE)])
    said = render(search_form("/list", query, "Search things", "Name", state)).decode()
    assert "<script" not in said and said.startswith('<form method="get" action="/list"')
    assert '<input type="hidden" name="sort" value="-name" />' in said
    assert '<option value="b" selected="">' in said and said.count('selected=""') == 1
    assert said.count("data-search") == 2 and said.count('<span class="unseen">') == 2


def test_without_an_order_there_is_none_to_keep() -> None:
    said = render(search_form("/list", {"q": "", "sort": ""}, "Search", "Name")).decode()
    assert "hidden" not in said
