"""Near, or far from, a container, an image, or containers with a label.

Containers of every state count, pending ones too. ``container`` compares names and IDs, ``image``
IDs, references, and references without their tag; any other key is a container label, which is the
empty text on containers without it. What a new container takes the place of is near to it where it
wants to be near, and not in its way where it wants to be far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from swarmd.core.expressions import Expression
from swarmd.core.image.image_reference import InvalidReference, Reference, parse_name, repository_of
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine
from swarmd.core.names import short_id
from swarmd.core.pattern import Pattern, Verdicts
from swarmd.scheduler.placement import Placement
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

Test = Callable[[Tally], bool]

_SHORT_ID = 12  # characters, as Docker prints IDs


def affinity(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    return (_rule(each, fleet) for each in wanted.affinities)


def _rule(expression: Expression, fleet: EngineIndex) -> Rule:
    equal = expression.equal
    known: dict[Bits, Bits] = {}  # who is asked again, for the words of a refusal, is known

    def keep(among: Bits) -> Bits:
        if among not in known:
            near = _near(expression, fleet, among)
            known[among] = among & (near if equal else ~near)
        return known[among]

    shown = f"{expression} (soft={'true' if expression.soft else 'false'})"
    what = {"container": "container", "image": "image"}.get(expression.key, "container with label")
    reason = f"has {'no' if equal else 'a'} {what} {_wish(expression)}"
    return Rule("affinity", shown, keep, lambda engine: reason, expression.soft)


def _wish(expression: Expression) -> str:
    short = expression.key in ("container", "image")
    return expression.value if short else f"{expression.key}={expression.value}"


def _near(expression: Expression, fleet: EngineIndex, among: Bits) -> Bits:
    if expression.key == "image":
        return fleet.images.where(_image(expression.pattern))
    named = expression.key == "container"
    has = _container(expression.pattern) if named else _label(expression.key, expression.pattern)
    return fleet.where(_on(has, expression.equal), among)


def _on(has: Test, equal: bool) -> Callable[[Engine], bool]:
    def near(engine: Engine) -> bool:
        leaving = engine.tally.leaving if equal else None
        return has(engine.tally) or (leaving is not None and has(leaving))

    return near


def _container(pattern: Pattern) -> Test:
    matches, exact = pattern.matches, pattern.exact
    if exact is None:
        return lambda tally: any(map(matches, tally.names)) or any(map(matches, tally.ids))
    name = exact.removeprefix("/")
    if len(exact) < _SHORT_ID or not set(exact) <= set("0123456789abcdef"):
        return lambda tally: name in tally.names
    return lambda tally: name in tally.names or any(i.startswith(exact) for i in tally.ids)


def _image(pattern: Pattern) -> Callable[[str], bool]:
    by_ref, by_id = _reference(pattern).matches, _image_id(pattern).matches
    return lambda text: by_id(text) if text.startswith("sha256:") else by_ref(text)


def _reference(pattern: Pattern) -> Pattern:
    """``redis`` means each of its tags, as does ``docker.io/library/redis``."""
    named = None if pattern.exact is None else _named(pattern.exact)

    def matches(ref: str) -> bool:
        if pattern.matches(ref) or pattern.matches(repository_of(ref)):
            return True
        if named is None:
            return False
        return named.repository == repository_of(ref) if named.is_bare else str(named) == ref

    return Pattern(pattern.text, None, matches)


def _named(text: str) -> Reference | None:
    try:
        return parse_name(text)
    except InvalidReference:
        return None


def _image_id(pattern: Pattern) -> Pattern:
    """With and without ``sha256:``, whole or as Docker shortens it."""

    def matches(image: str) -> bool:
        forms = (image, image.removeprefix("sha256:"), short_id(image))
        return any(map(pattern.matches, forms))

    return Pattern(pattern.text, None, matches)


def _label(key: str, pattern: Pattern) -> Test:
    verdicts = Verdicts(pattern)
    blank = pattern.matches("")

    def has(tally: Tally) -> bool:
        values: Mapping[str, int] = tally.labels.get(key, {})
        if any(verdicts[value] for value in values):
            return True
        return blank and sum(values.values()) < tally.total

    return has
