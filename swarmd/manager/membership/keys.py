"""The keys of swarmds in the store that they share; those of claims are in ``manager/claims``.

Every key but ``FORMAT`` may be read and written only by who knows the format that stands there.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

FORMAT = "format"
THIS_FORMAT = b"1"
MANAGERS = "managers/"
LEADER = "leader"
# What the leader did last: the write that goes with each proof that it still leads.
STEP = "step"
BOOK = "book/"
DRAINS = "drains/"


def word(text: str) -> str:
    """``text`` as one word of a key; "." and ".." are none."""
    return "=" + quote(text, safe="")


def text_of(one: str) -> str:
    """What ``word`` was made of; "" for what is no such word."""
    return unquote(one[1:]) if one.startswith("=") else ""
