"""The parameters of list requests, read once: ``all``, ``limit`` and Docker's ``filters``.

Between keys AND, between the values of one key OR, except labels, of which all must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, Self

from swarmd.core.errors import BadParameter
from swarmd.core.model import Engine
from swarmd.core.pattern import PROGRAM, Pattern, PatternError, regex
from swarmd.core.request.bounds import TRIED_VALUES, check_count
from swarmd.core.request.filter_arguments import read_filters

Filters = Mapping[str, tuple[str, ...]]

CONTAINER_KEYS = frozenset(
    {
        *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation"),
        *("label", "name", "network", "node", "publish", "since", "status", "volume"),
    }
)
IMAGE_KEYS = frozenset({"before", "dangling", "label", "node", "reference", "since", "until"})
NETWORK_KEYS = frozenset({"dangling", "driver", "id", "label", "name", "node", "scope", "type"})
VOLUME_KEYS = frozenset({"dangling", "driver", "label", "name", "node"})

# Values that are tried one by one on all that is listed, against those that are looked up.
_LOOKED_UP = frozenset({"id", "label", "label!", "node", "status", "exited", "health", "volume"})

_FALSE = frozenset({"", "0", "no", "false", "none"})
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_LITERAL = re.compile(r"[a-zA-Z0-9_/-]+\Z")
_STARTS = re.compile(r"\^|\\[AbB]")
_ANCHORED = re.compile(r"\^(?:/|/\?)?([a-zA-Z0-9_-]+)\$\Z")


class QueryArguments(Protocol):
    """The query of a request: ``arg("all")`` is "" where there is none."""

    def __call__(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of ``GET /containers/json``; ``limit`` 0 is none."""

    all: bool = False
    limit: int = 0
    filters: Filters = field(default_factory=dict)

    @classmethod
    def of(cls, arg: QueryArguments) -> Self:
        filters = parse_filters(arg("filters"), CONTAINER_KEYS)
        for key in ("before", "since"):  # parameters of their own until API 1.24
            if arg(key):
                filters[key] = (*filters.get(key, ()), arg(key))
        return cls(truth(arg("all")), _limit(arg("limit")), filters)


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """The query of ``GET /images/json``."""

    all: bool = False
    filters: Filters = field(default_factory=dict)

    @classmethod
    def of(cls, arg: QueryArguments) -> Self:
        filters = parse_filters(arg("filters"), IMAGE_KEYS)
        if arg("filter"):  # a parameter of its own until API 1.41
            filters["reference"] = (*filters.get("reference", ()), arg("filter"))
        return cls(truth(arg("all")), filters)


@dataclass(frozen=True, slots=True)
class NetworkQuery:
    """The query of ``GET /networks``."""

    filters: Filters = field(default_factory=dict)

    @classmethod
    def of(cls, arg: QueryArguments) -> Self:
        filters = parse_filters(arg("filters"), NETWORK_KEYS)
        # Here it is found anywhere in an ID, as with engines.
        check_count(len(filters.get("id", ())), TRIED_VALUES, "filter id", "values")
        return cls(filters)


@dataclass(frozen=True, slots=True)
class VolumeQuery:
    """The query of ``GET /volumes``."""

    filters: Filters = field(default_factory=dict)

    @classmethod
    def of(cls, arg: QueryArguments) -> Self:
        return cls(parse_filters(arg("filters"), VOLUME_KEYS))


def truth(text: str) -> bool:
    """Docker's rule for parameters: everything that is not clearly "no" is true."""
    return text.strip().lower() not in _FALSE


def _limit(text: str) -> int:
    if not text:
        return 0
    try:
        limit = int(text)
    except ValueError:
        raise BadParameter(f'strconv.Atoi: parsing "{text}": invalid syntax') from None
    if abs(limit) >= 1 << 63:
        raise BadParameter(f'strconv.Atoi: parsing "{text}": value out of range')
    return max(0, limit)


def parse_filters(text: str, known: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The filters given; those without a value test nothing, but must be ``known`` as well."""
    given = read_filters(text)
    for key in given:
        if key not in known:
            raise BadParameter(f"invalid filter '{key}'" if key else "invalid filter")
        if key not in _LOOKED_UP:
            check_count(len(given[key]), TRIED_VALUES, f"filter {key}", "values")
    return {key: values for key, values in given.items() if values}


def bad_value(key: str, value: str) -> BadParameter:
    return BadParameter(f"invalid filter '{key}={value}'")


def one_of(filters: Filters, key: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The values of ``key``, none of which may be unknown."""
    for value in filters.get(key, ()):
        if value not in allowed:
            raise bad_value(key, value)
    return filters.get(key, ())


def flag(filters: Filters, key: str) -> bool | None:
    """The truth value of ``key``; None where it is not given. Two that differ are an error."""
    values = one_of(filters, key, _TRUTH)
    said = {_TRUTH[value] for value in values}
    if len(said) > 1:
        raise bad_value(key, ",".join(values))
    return said.pop() if said else None


def label_test(wanted: Iterable[str]) -> Callable[[Mapping[str, str]], bool]:
    """Whether labels have each of ``wanted``: ``key`` (any value) or ``key=value``."""
    pairs = [one.partition("=") for one in wanted]
    exact = {(key, value) for key, equals, value in pairs if equals}
    keys = {key for key, equals, _ in pairs if not equals}
    if len(pairs) == 1 and exact:
        [(only, text)] = exact
        return lambda labels: labels.get(only) == text
    return lambda labels: keys <= labels.keys() and exact <= labels.items()


def on_node(wanted: Collection[str], engine: Engine) -> bool:
    """``node=`` names an engine by name, address or ID."""
    return not wanted or not {engine.name, engine.key, engine.spec.id}.isdisjoint(wanted)


def anchored_name(pattern: str) -> str | None:
    """The only name that ``^web$`` or ``^/web$`` can match; None if there may be several."""
    found = _ANCHORED.match(pattern)
    return found[1] if found else None


def is_part_of_name(pattern: str) -> bool:
    """Whether it is plain text that a name may contain."""
    return _LITERAL.match(pattern) is not None and "/" not in pattern


def patterns(values: Iterable[str]) -> int:
    """How many are more than plain text."""
    return sum(not _LITERAL.match(value) for value in values)


def text_tests(values: Iterable[str]) -> list[Callable[[str], bool]]:
    """Of each, whether a text is equal, or the regular expression is found in it.

    One that does not compile finds nothing.
    """
    found = [_text_pattern(value) for value in values]
    check_steps(found)
    return [pattern.matches for pattern in found]


def check_steps(patterns: Iterable[Pattern]) -> None:
    """Raises BadParameter if together they are more than one request may have."""
    size = sum(pattern.size for pattern in patterns)
    check_count(size, PROGRAM, "the filter", "steps of patterns")


def _text_pattern(value: str) -> Pattern:
    if _LITERAL.match(value):
        return Pattern(value, None, lambda text: value in text)
    try:
        pattern = regex(value)
    except PatternError:
        return Pattern(value, value, value.__eq__)
    matches = pattern.matches
    return replace(pattern, matches=lambda text: text == value or matches(text))


def name_tests(values: Sequence[str]) -> list[Callable[[str], bool]]:
    """For a container's name, which engines look at with and without its slash."""
    return [_name_test(*one) for one in zip(values, text_tests(values), strict=True)]


def _name_test(value: str, fits: Callable[[str], bool]) -> Callable[[str], bool]:
    if not _STARTS.search(value):  # then what is found without the slash is found with it
        return lambda name: fits(f"/{name}")
    return lambda name: fits(name) or fits(f"/{name}")


class PortFilter(NamedTuple):
    """The ports of a filter ``publish`` or ``expose``."""

    first: int
    last: int
    proto: str

    def holds(self, port: int | None, proto: str) -> bool:
        return port is not None and self.first <= port <= self.last and proto == self.proto


def port_range(key: str, value: str) -> PortFilter:
    """``80``, ``80/tcp``, ``8000-8100/udp``."""
    if ":" in value:
        raise BadParameter(f"filter for '{key}' should not contain ':': {value}")
    numbers, _, proto = value.partition("/")
    first, _, last = numbers.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise bad_value(key, value)
    return PortFilter(int(first), int(last or first), proto or "tcp")
