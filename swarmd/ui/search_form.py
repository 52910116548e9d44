"""The form that searches a list: by a button, and as one types where scripts run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from twisted.web.template import Tag

from swarmd.ui.markup import el, foreign

Choice = tuple[str, str]  # a value, and how it is shown


def search_form(
    path: str, query: Mapping[str, str], words: str, placeholder: str, *fields: Tag
) -> Tag:
    """``query`` has what was asked for: ``q``, ``sort``, and what ``fields`` are for."""
    text = el(
        "input",
        type="search",
        name="q",
        value=query["q"],
        data_search=True,
        placeholder=placeholder,
    )
    sort = query["sort"]
    return el(
        "form",
        labelled(words, text),
        *fields,
        el("input", type="hidden", name="sort", value=sort) if sort else None,
        el("button", "Search"),
        method="get",
        action=path,
        role="search",
        class_="search",
    )


def choice(words: str, name: str, chosen: str, choices: Iterable[Choice]) -> Tag:
    """One of several values; the first is for all of them."""
    options = [
        el("option", foreign(shown), value=value, selected=chosen == value)
        for value, shown in choices
    ]
    return labelled(words, el("select", *options, name=name, data_search=True))


def labelled(words: str, field: Tag) -> Tag:
    """The words are for screen readers alone."""
    return el("label", el("span", words, class_="unseen"), field)
