"""A first word that looks like a command but is none, as in ``swarmd docter``. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

_WORD = re.compile(r"[A-Za-z]{2,}")
# Of the daemon: engines, and what classic Swarm's unit files begin with.
_TAKEN = frozenset({"localhost", "manage"})
# What is none of the daemon's own words, and what to do instead.
RETIRED = {
    "create": "the token service was shut down in 2019; use a hosts file",
    "join": "it comes first: swarmd join --advertise HOST:PORT DISCOVERY",
    "list": "it comes first: swarmd list DISCOVERY",
}


def refusal(word: str, commands: Collection[str]) -> str:
    """Why ``word`` starts no daemon; "" for options, and for what names engines or a file.

    An engine's bare name looks like a command as well: it needs ``nodes://`` in that place.
    """
    if not _WORD.fullmatch(word) or word in _TAKEN:
        return ""
    if word in RETIRED and word not in commands:
        return f"no command {word!r}: {RETIRED[word]}"
    near = get_close_matches(word.lower(), [*commands, "help", "version"], 1, 0.6)
    options = near and near[0] in ("help", "version")
    meant = f"did you mean {'--' if options else ''}{near[0]}?" if near else ""
    known = meant or f"there are {', '.join(sorted(commands))}; without one, the daemon starts"
    return f"unknown command: {word}; {known} (An engine of that name: nodes://{word})"
