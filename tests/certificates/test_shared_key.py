from __future__ import annotations

import pytest

from swarmd.certificates.shared_key import make_key, read_key


def test_each_key_is_another_and_can_be_read() -> None:
    one, other = make_key(), make_key()
    assert one != other and len(read_key(one)) == 32 == len(read_key(other))


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff", b"A" * 43, b"A" * 400])
def test_what_is_no_key_is_told(content: bytes) -> None:
    with pytest.raises(ValueError, match="no key of swarmd store-key"):
        read_key(content)
