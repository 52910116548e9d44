"""Pages of a long list, and the links between them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from twisted.web.template import Tag

from swarmd.ui.markup import DASH, amount, el

SIZE = 50  # rows: about a screenful


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list: from ``start`` up to, not including, ``stop`` of ``total``."""

    number: int
    total: int
    size: int = SIZE

    @property
    def last(self) -> int:
        """The number of the last page, from 1."""
        return max(1, -(-self.total // self.size))

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    @property
    def stop(self) -> int:
        return min(self.start + self.size, self.total)


def page_of(asked: str, total: int, size: int = SIZE) -> Slice:
    """The page of that number; the nearest that there is, whatever was asked."""
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    last = Slice(1, total, size).last
    return Slice(min(max(1, wanted), last), total, size)


def address(path: str, query: Mapping[str, str], **changes: str) -> str:
    """``path`` with what of the query is not empty."""
    pairs = {key: value for key, value in {**query, **changes}.items() if value}
    return f"{path}?{urlencode(pairs, errors='replace')}" if pairs else path


def pager(page: Slice, path: str, query: Mapping[str, str], thing: str) -> Tag:
    """How many of how many, and the way to the others."""
    shown = f"{amount(page.start + 1)}{DASH}{amount(page.stop)} of " if page.last > 1 else ""
    things = thing if page.total == 1 else f"{thing}s"
    words = el("span", f"{shown}{amount(page.total)} {things}", class_="count")
    if page.last == 1:
        return el("nav", words, class_="pager", aria_label=f"Pages of {thing}s")

    def link(text: str, number: int, relation: str) -> Tag:
        if number == page.number:
            return el("span", text, class_="off", aria_disabled="true")
        there = address(path, query, page="" if number == 1 else str(number))
        return el("a", text, href=there, rel=relation)

    links = [
        link("First", 1, "first"),
        link("Previous", max(1, page.number - 1), "prev"),
        el("span", f"Page {amount(page.number)} of {amount(page.last)}", aria_current="page"),
        link("Next", min(page.last, page.number + 1), "next"),
        link("Last", page.last, "last"),
    ]
    return el(
        "nav",
        words,
        el("span", *links, class_="links"),
        class_="pager",
        aria_label=f"Pages of {thing}s",
    )


def heading(
    text: str, key: str, path: str, query: Mapping[str, str], default: str, **attributes: object
) -> Tag:
    """A column's header that sorts by it; once more, and the order is the other way round."""
    current = query.get("sort") or default
    here = current.removeprefix("-") == key
    down = current.startswith("-")
    wanted = f"-{key}" if here and not down else key
    link = el("a", text, href=address(path, query, sort=wanted, page=""))
    order = ("descending" if down else "ascending") if here else None
    return el("th", link, scope="col", aria_sort=order, **attributes)
