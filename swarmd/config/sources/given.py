"""What was given where: a value of the command line, the environment or the file. Pure.

Whoever is asked first wins, option by option: a list replaces a list, nothing is added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmd.config.option_table import OPTIONS, OptionKind

_ENGINE_TLS = frozenset(name for name in OPTIONS if name.startswith("engine-tls"))
# Options that speak of one thing: given higher up, one leaves nothing of the others.
_INSTEAD = {
    "hosts": frozenset({"discovery"}),
    "discovery": frozenset({"hosts"}),
    "debug": frozenset({"log-level"}),
    "log-level": frozenset({"debug"}),
    "no-engine-tls": _ENGINE_TLS,
    **dict.fromkeys(_ENGINE_TLS, frozenset({"no-engine-tls"})),
}
FLAG = "flag"
ENVIRONMENT = "environment"
_NAMED = re.compile(r"--([a-z][a-z-]*[a-z])\b|\bDISCOVERY\b")


@dataclass(frozen=True, slots=True)
class GivenOption:
    """The value of one option, and who gave it.

    Attributes:
        name: How its giver calls the option: ``--heartbeat``, ``SWARMD_HEARTBEAT``, ``heartbeat``.
        origin: What to tell of it: "flag", "environment", or the file with the line.
        place: FILE:LINE:COLUMN; "" outside of a file.
        items: Such places of a list's items.
    """

    value: Any
    name: str
    origin: str
    place: str = ""
    items: Sequence[str] = ()

    def place_in(self, text: str) -> str:
        """Of the item that ``text`` speaks of first, else of the whole."""
        if not self.items:
            return self.place
        spoken = [
            (found, place)
            for item, place in zip(self.value, self.items, strict=True)
            if (found := text.find(item.partition("=")[0])) >= 0
        ]
        return min(spoken)[1] if spoken else self.place


Layer = Mapping[str, GivenOption]


def merged(layers: Iterable[Layer]) -> dict[str, GivenOption]:
    """What counts; the first layer has the first word."""
    found: dict[str, GivenOption] = {}
    for layer in layers:
        taken = {other for name, one in found.items() if one.value for other in _others(name)}
        found |= {name: one for name, one in layer.items() if name not in {*found, *taken}}
    return found


def _others(name: str) -> frozenset[str]:
    return _INSTEAD.get(name, frozenset())


def values(given: Layer) -> dict[str, Any]:
    """Of all options, by name, as the command line would give them."""
    found: dict[str, Any] = {name: one.value for name, one in given.items()}
    for name, option in OPTIONS.items():
        nothing: Any = [] if option.kind is OptionKind.LIST else option.default
        found.setdefault(name, 0 if option.kind is OptionKind.FLAG else nothing)
    found["discovery"] = found["discovery"] or ""
    return found


def in_the_words_of(given: Layer, text: str) -> str:
    """A refusal that names options as the command line does, as whoever gave them knows them.

    Where none is named, the file that is spoken of tells which one it is.
    """
    meant = [name for name in _names(text) if name in given]
    shown = _NAMED.sub(lambda found: _own_name(given, found), text)
    if not meant and (name := _spoken_of(given, text)):
        meant = [name]
        shown = shown if given[name].origin == FLAG else f"{given[name].name}: {shown}"
    places = [place for name in meant if (place := given[name].place_in(text))]
    return f"{places[0]}: {shown}" if places else shown


def _names(text: str) -> Iterator[str]:
    for found in _NAMED.finditer(text):
        yield found[1] or "discovery"


def _own_name(given: Layer, found: re.Match[str]) -> str:
    one = given.get(found[1] or "discovery")
    return found[0] if one is None else one.name


def _spoken_of(given: Layer, text: str) -> str:
    """The option whose file is named in ``text``; "" if there is none."""
    named = [
        (len(one.value), name)
        for name, one in given.items()
        if OPTIONS[name].path and one.value and one.value in text
    ]
    return max(named)[1] if named else ""
