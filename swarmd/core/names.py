"""Names as users write them: container names, IDs, ``node/name`` references."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count

from swarmd.core.errors import BadParameter

SWARM_LABELS = "com.docker.swarm."
# What a container is called over all its moves, as classic Swarm had it: 64 hexadecimal digits.
IDENTITY = SWARM_LABELS + "id"
# A network that was moved to another node keeps, here, the ID that its clients know.
KEPT_ID = SWARM_LABELS + "network.id"
# The same of a container: see ``swarmd.core.container.kept_identity``.
KEPT_CONTAINER = SWARM_LABELS + "container.id"
# On a network that is made: "overlay", for clients that always ask for a bridge.
DRIVER_LABEL = SWARM_LABELS + "driver"
# On the image that takes a name from another: see ``swarmd.manager.images.untag``.
PLACEHOLDER = SWARM_LABELS + "placeholder"

_CONTAINER_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z", re.ASCII)
_FULL_ID = re.compile(r"[0-9a-f]{64}\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
_DIGITS = re.compile(r"(\d+)")

_ADJECTIVE_WORDS = (
    "able agile amber ample bold brave bright brisk calm candid clever cosmic cozy crisp curious "
    "daring dapper deft eager early earnest elated epic fair famous fearless festive fluent fond "
    "frosty gentle gifted glad golden graceful grand happy hardy hearty honest hopeful humble "
    "jolly jovial keen kind lively loyal lucid lucky mellow merry mighty modest musing neat nimble "
    "noble patient placid plucky polite proud quick quiet quirky radiant ready rested robust rosy "
    "serene sharp silent sincere sleek smooth snug sober solid spry steady stoic sunny sure swift "
    "tender tidy trusting upbeat valiant vivid warm wise witty zealous zen"
)
_SURNAME_WORDS = (
    "abel agnesi ampere archimedes babbage banach bardeen bassi bernoulli bohr boole borg bose "
    "cannon carson cerf chandra clarke cohen cori curie darwin dijkstra dirac easley edison "
    "einstein elion engelbart euclid euler faraday fermat fermi feynman franklin galileo galois "
    "gauss germain goldberg goodall hamilton hawking heisenberg hermann hertz hilbert hodgkin "
    "hoover hopper hypatia jackson jang johnson joliot kalam kapitsa kare keller kepler khorana "
    "kilby knuth lamarr lamport leakey leavitt liskov lovelace lumiere mahavira maxwell mayer "
    "mcclintock meitner mendel mirzakhani moore morse nash newton nobel noether pascal pasteur "
    "perlman poincare ptolemy raman ride ritchie rubin sammet shannon sinoussi stallman tesla "
    "thompson torvalds turing volta wiles wilson wozniak wright yalow yonath"
)
_ADJECTIVES = _ADJECTIVE_WORDS.split()
_SURNAMES = _SURNAME_WORDS.split()


def check_container_name(name: str) -> None:
    """Refuses, in an engine's words, what an engine would refuse as a container's name."""
    if not _CONTAINER_NAME.match(name):
        raise BadParameter(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        )


def random_name(choose: Callable[[Sequence[str]], str], taken: Callable[[str], bool]) -> str:
    """A name as engines invent them, ``keen_hopper``; ``choose`` picks one of a sequence."""
    tries = (f"{choose(_ADJECTIVES)}_{choose(_SURNAMES)}{number or ''}" for number in count())
    return next(name for name in tries if not taken(name))


def is_id(text: object) -> bool:
    """Whether it may be an engine's ID of something: such texts become parts of paths."""
    return isinstance(text, str) and text.isascii() and text.isalnum() and len(text) <= 64


def is_full_id(text: str) -> bool:
    return _FULL_ID.match(text) is not None


def short_id(text: str) -> str:
    """Twelve digits, without the name of a digest's algorithm."""
    return text.partition(":")[2][:12] if ":" in text else text[:12]


def split_node(ref: str) -> tuple[str, str]:
    """``node-1/web`` as ("node-1", "web"); the node is "" where none is named."""
    node, slash, name = ref.removeprefix("/").partition("/")
    return (node, name) if slash else ("", node)


@lru_cache(maxsize=16384)
def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts ``node-2`` before ``node-10``."""
    parts = _DIGITS.split(name.replace(" ", ""))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def is_hex(text: str) -> bool:
    """Whether it can be (the start of) an ID."""
    return _HEX.match(text) is not None
