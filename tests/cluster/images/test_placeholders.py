from __future__ import annotations

from swarmd.cluster.images.placeholders import Placeholders
from swarmd.core.names import PLACEHOLDER

EMPTY, OTHER = "sha256:e", "sha256:o"


def test_only_what_was_expected_is_one() -> None:
    placeholders = Placeholders()
    placeholders.expect("code")
    assert placeholders.has(EMPTY, {PLACEHOLDER: "code"})
    for labels in ({}, {PLACEHOLDER: ""}, {PLACEHOLDER: "1"}):
        assert not placeholders.has(EMPTY, labels)


def test_what_was_built_on_one_is_none() -> None:
    placeholders = Placeholders()
    placeholders.expect("code")
    placeholders.expect("code", EMPTY)
    assert placeholders.has(EMPTY, {PLACEHOLDER: "code"})
    assert not placeholders.has(OTHER, {PLACEHOLDER: "code"})
