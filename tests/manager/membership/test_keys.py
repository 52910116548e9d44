from __future__ import annotations

import pytest

from swarmd.manager.membership.keys import text_of, word
from swarmd.store.commit_rules import check_key


@pytest.mark.parametrize("text", ["10.0.0.1:2375", "unix:///run/x y.sock", ".", "..", "ä%/="])
def test_any_text_is_one_word_of_a_key(text: str) -> None:
    check_key(f"a/{word(text)}/b")
    assert "/" not in word(text) and text_of(word(text)) == text


def test_what_is_no_word_has_no_text() -> None:
    assert text_of("abc") == ""
