"""What is wrong with the fleet, the worst first: shown on top, before anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from twisted.web.template import Tag

from swarmd.core.model import Engine, Health
from swarmd.core.names import natural
from swarmd.core.units import counted
from swarmd.ui.markup import age, el, foreign

MOST = 8  # findings that are shown; of the others, how many
_OFF = 5.0  # seconds by which a clock may differ


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong.

    Attributes:
        bad: It keeps something from working; else it is to be known.
        place: What it is about: a node, a kind of file, or "" for swarmd itself.
        cure: What helps, "" where the words say it.
        href: Where there is more of it.
    """

    bad: bool
    place: str
    words: str
    cure: str = ""
    href: str = ""


def of_swarmd(
    problem: str, bad_files: Iterable[tuple[str, str]], notices: Iterable[str]
) -> Iterator[Trouble]:
    """``bad_files`` are pairs of a kind and words; what was said once is not said again."""
    said: set[str] = set()
    for kind, words in (("hosts", problem), *bad_files):
        if words and words not in said:
            said.add(words)
            yield Trouble(True, f"{kind} file" if kind != "tls" else "TLS file", words)
    for words in notices:
        if words and words not in said:
            said.add(words)
            yield Trouble(False, "swarmd", words)


def of_nodes(
    engines: Iterable[Engine],
    now: float,
    advice: Callable[[str], str],
    link: Callable[[Engine], str],
) -> Iterator[Trouble]:
    """Of each node that does not work, and of what is odd about those that do."""
    troubled = [one for one in engines if not one.healthy or _is_odd(one)]
    for engine in sorted(troubled, key=lambda one: natural(one.name)):
        href = link(engine)
        if not engine.healthy and (engine.error or engine.health is Health.UNHEALTHY):
            since = f" for {age(now - engine.since)}" if engine.since else ""
            words = f"{engine.health.value.lower()}{since}: {engine.error or 'no answer'}"
            yield Trouble(True, engine.name, words, advice(engine.error), href)
        elif engine.healthy:
            yield from _odd(engine, href)


def _is_odd(engine: Engine) -> bool:
    return bool(engine.warnings) or abs(engine.spec.clock_offset) >= _OFF


def _odd(engine: Engine, href: str) -> Iterator[Trouble]:
    for text in engine.warnings:
        yield Trouble(False, engine.name, text, href=href)
    offset = engine.spec.clock_offset
    if abs(offset) >= _OFF:
        side = "behind" if offset > 0 else "ahead of"
        cure = "let both follow NTP (chrony, systemd-timesyncd)"
        words = f"its clock is {abs(offset):.0f} s {side} this machine's"
        yield Trouble(False, engine.name, words, cure, href)


def of_containers(counts: dict[str, int]) -> Iterator[Trouble]:
    """``counts`` by state, "unhealthy" among them."""
    for state, verb in (("unhealthy", "fail their health checks"), ("restarting", "restart")):
        number = counts.get(state, 0)
        if number:
            words = verb if number > 1 else {"restart": "restarts"}.get(verb, "fails its checks")
            place, href = counted(number, "container"), f"/swarmd/ui/containers?state={state}"
            yield Trouble(False, place, words, href=href)


def shown(found: Iterable[Trouble], most: int = MOST) -> Tag:
    """A list, or that all is well."""
    ordered = sorted(found, key=lambda one: not one.bad)
    if not ordered:
        return el("p", el("i", aria_hidden="true"), "Nothing is wrong.", class_="well")
    items = [_item(one) for one in ordered[:most]]
    rest = len(ordered) - most
    more = el("p", f"and {counted(rest, 'further finding')}", class_="more") if rest > 0 else None
    return el("div", el("ul", *items, class_="findings"), more)


def _item(one: Trouble) -> Tag:
    place = foreign(one.place)
    return el(
        "li",
        el("span", "Error: " if one.bad else "Warning: ", class_="unseen"),
        el("b", el("a", place, href=one.href) if one.href else place),
        el("span", foreign(one.words)),
        el("span", foreign(one.cure), class_="cure") if one.cure else None,
        class_="bad" if one.bad else "odd",
    )
