"""Help, shortened for lists of completions. Pure."""

from __future__ import annotations

import re

LONGEST = 80
_END = re.compile(r"(?<=[^.])[.;:](?=\s|$)|\s\(")


def brief(about: str) -> str:
    """The first thing that a help says; the rest is in the manual."""
    first = _END.split(" ".join(about.split()), maxsplit=1)[0]
    if len(first) <= LONGEST:
        return first
    return first[:LONGEST].rpartition(" ")[0] + " …"
