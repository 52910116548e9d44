from __future__ import annotations

import pytest

from swarmd.ui.markup import LONGEST, age, amount, bar, el, foreign, moment, render
from tests.ui.rig import HOSTILE, document


def test_an_element_with_attributes_and_without() -> None:
    made = el("a", "x", ["y", None, ["z"]], href="/a?b=1&c=2", class_="k", data_live=True, id=None)
    assert render(made) == b'<a href="/a?b=1&amp;c=2" class="k" data-live="">xyz</a>'
    assert render(el("td", hidden=False)) == b"<td></td>"


def test_whatever_is_in_a_text_or_an_attribute_stays_there() -> None:
    found = document(el("p", foreign(HOSTILE), title=foreign(HOSTILE)))
    assert [name for name, _ in found.elements] == ["p"]
    assert found.elements[0][1]["title"] == found.text == foreign(HOSTILE)
    assert "<script>alert(1)</script>" in found.text
    assert foreign(HOSTILE).isprintable()


def test_a_text_of_somebody_else_has_an_end() -> None:
    assert foreign("x" * 1_000_000) == "x" * LONGEST + " …"
    assert foreign("abcd", 3) == "abc …" and foreign("abc", 3) == "abc"


def test_what_cannot_be_written_is_an_error_without_the_page() -> None:
    with pytest.raises(TypeError) as caught:
        render(el("p", "a secret", object()))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (172_800, "2 d"), (1e7, "115 d")],
)
def test_ages_are_short(seconds: float, said: str) -> None:
    assert age(seconds) == said


def test_a_moment_has_its_time_for_people_and_programs() -> None:
    found = render(moment(0, 120))
    assert found == (
        b'<time datetime="1970-01-01T00:00:00Z" title="1970-01-01 00:00:00 UTC">2 min</time>'
    )


@pytest.mark.parametrize(("number", "said"), [(50_000, "50,000"), (2.5, "2.5"), (0, "0")])
def test_amounts(number: float, said: str) -> None:
    assert amount(number) == said


@pytest.mark.parametrize(
    ("part", "whole", "width", "level"),
    [(1, 4, "25.0", "bar"), (9, 10, "90.0", "bar high"), (5, 4, "100.0", "bar full"),
     (1, 0, "0.0", "bar")],
)  # fmt: skip
def test_a_bar_is_never_longer_than_it_is(
    part: float, whole: float, width: str, level: str
) -> None:
    found = document(bar(part, whole))
    assert found.all("rect", class_="fill")[0]["width"] == width
    assert found.all("svg")[0]["class"] == level
