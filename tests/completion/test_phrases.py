from __future__ import annotations

import pytest

from swarmd.completion.phrases import LONGEST, brief


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("PEM file: key of --tlscert.", "PEM file"),
        ("list nodes", "list nodes"),
        ("Pause between two. (In classic Swarm.)", "Pause between two"),
        ("set labels (weight=2 doubles it); KEY-", "set labels"),
        ("Listen  here;\n repeatable. tcp://HOST:PORT", "Listen here"),
        ("", ""),
    ],
)
def test_the_first_thing_is_what_is_shown(about: str, shown: str) -> None:
    assert brief(about) == shown


def test_it_has_a_bound() -> None:
    assert len(brief("word " * 100)) <= LONGEST + 2
