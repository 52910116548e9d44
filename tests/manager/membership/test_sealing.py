from __future__ import annotations

import pytest

from swarmd.certificates.shared_key import make_key, read_key
from swarmd.manager.membership.sealing import BadSealError, Seal

SEAL = Seal(read_key(make_key()))


def test_what_is_sealed_opens_with_the_same_key_at_the_same_place() -> None:
    sealed = SEAL.close(b"secret", "book/x")
    assert SEAL.open(sealed, "book/x") == b"secret" and "secret" not in sealed
    assert SEAL.close(b"secret", "book/x") != sealed


@pytest.mark.parametrize("text", ["", "é", "YWJj", "A" * 64])
def test_nothing_else_opens(text: str) -> None:
    with pytest.raises(BadSealError):
        SEAL.open(text, "book/x")


def test_another_key_or_another_place_does_not_open_it() -> None:
    sealed = SEAL.close(b"secret", "book/x")
    with pytest.raises(BadSealError):
        SEAL.open(sealed, "book/y")
    with pytest.raises(BadSealError):
        Seal(read_key(make_key())).open(sealed, "book/x")
