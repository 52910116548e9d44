"""What a commit may be, so that each kind of store can do it.

Consul has the smallest bounds: 64 operations, of which a key takes up to three, and 512 KiB of
JSON. ZooKeeper's keys are paths, and it cannot tell an empty value from a folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from swarmd.store.interfaces import Condition, Put, Write

MOST_KEYS = 20  # in one commit
LARGEST_COMMIT = 256 << 10  # bytes of keys and values
LONGEST_KEY = 1024  # bytes
_KEY = re.compile(r"(?!\.\.?(?:/|$))[!-.0-~]+(?:/(?!\.\.?(?:/|$))[!-.0-~]+)*")


def check_commit(conditions: Sequence[Condition], writes: Sequence[Write]) -> None:
    """ValueError, with the reason, if it is none that each kind of store can do."""
    if not writes:
        raise ValueError("a commit without a write")
    _check_once("conditions", [each.key for each in conditions])
    _check_once("writes", [each.key for each in writes])
    keys = {each.key for each in (*conditions, *writes)}
    for key in keys:
        check_key(key)
    if len(keys) > MOST_KEYS:
        raise ValueError(f"a commit of {len(keys)} keys; {MOST_KEYS} are possible")
    _check_values([each for each in writes if isinstance(each, Put)])


def check_key(key: str) -> None:
    """ValueError if it is none: words of printable ASCII without spaces, parted by ``/``."""
    if len(key) > LONGEST_KEY:
        raise ValueError(f"a key of {len(key)} characters; {LONGEST_KEY} are possible")
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key: words of printable ASCII, parted by /")


def _check_once(what: str, keys: Iterable[str]) -> None:
    twice = [key for key, times in Counter(keys).items() if times > 1]
    if twice:
        raise ValueError(f"two {what} of {twice[0]}")


def _check_values(puts: Sequence[Put]) -> None:
    empty = [put.key for put in puts if not put.value]
    if empty:
        raise ValueError(f"nothing to put at {empty[0]}: a value has a byte at least")
    size = sum(len(put.key) + len(put.value) for put in puts)
    if size > LARGEST_COMMIT:
        raise ValueError(f"a commit of {size} bytes; {LARGEST_COMMIT} are possible")
