"""Tags: what views are made of. All text in them is escaped when they are written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from twisted.python.failure import Failure
from twisted.web.template import Tag, flattenString

from swarmd.core.printable import printable
from swarmd.core.units import show_size

DASH = "\N{EN DASH}"
Content = Any  # a tag, text, or a list of those

LONGEST = 400  # characters of a text that somebody else has written
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def el(name: str, /, *children: Content, **attributes: object) -> Tag:
    """An element; attributes that are None or False are left out, True has no value.

    ``class_`` is class, ``data_live`` is data-live.
    """
    tag = Tag(name)
    for key, value in attributes.items():
        if value is not None and value is not False:
            plain = key.rstrip("_").replace("_", "-")
            tag.attributes[plain] = "" if value is True else str(value)
    tag.children.extend(_parts(children))
    return tag


def _parts(children: Iterable[Content]) -> Iterator[Content]:
    """Lists as what is in them; what is None is nothing."""
    for child in children:
        if isinstance(child, list | tuple):
            yield from _parts(child)
        elif child is not None:
            yield child


def render(content: Content) -> bytes:
    """The bytes of a tree of tags."""
    done: list[bytes | Failure] = []
    flattenString(None, content).addBoth(done.append)  # nothing in it waits
    [result] = done
    if isinstance(result, Failure):
        # Its own words have the whole page in them, which may show what no log may hold.
        why = getattr(result.value, "args", ("",))[0]
        raise TypeError(f"a view cannot be written: {why!r:.200}")
    assert isinstance(result, bytes)
    return result


def foreign(text: str, most: int = LONGEST) -> str:
    """Text from a container, a label, an event or a client: one line of some length."""
    return printable(text if len(text) <= most else f"{text[:most]} …")


def moment(seconds: float, now: float) -> Tag:
    """How long ago, with the time itself for whoever points at it."""
    there = datetime.fromtimestamp(seconds, UTC)
    exact = there.strftime("%Y-%m-%d %H:%M:%S UTC")
    machine = there.strftime("%Y-%m-%dT%H:%M:%SZ")
    return el("time", age(now - seconds), datetime=machine, title=exact)


def age(seconds: float) -> str:
    """``5 s``, ``3 min``, ``2 h``, ``4 d``: short, since it stands in columns."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    return f"{whole // _HOUR} h" if whole < 2 * _DAY else f"{whole // _DAY} d"


def clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def amount(number: float) -> str:
    """``50,000``; ``2.5`` where it is broken."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}".rstrip("0")


def size(number: float) -> str:
    return show_size(number)


def bar(part: float, whole: float) -> Tag:
    """How much of it is taken; the words stand beside it, so it is for the eye alone."""
    share = min(1.0, part / whole) if whole > 0 else 0.0
    level = "full" if whole and part >= whole else "high" if share >= 0.85 else ""
    fill = el("rect", class_="fill", width=f"{100 * share:.1f}", height="6", rx="0")
    back = el("rect", class_="back", width="100", height="6")
    shape = {"viewBox": "0 0 100 6", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return el("svg", back, fill, class_=f"bar {level}".strip(), **shape)


def dot(level: str, words: Content) -> Tag:
    """A state: a mark of its colour and shape, and its word."""
    return el("span", el("i", aria_hidden="true"), words, class_=f"state {level}")
