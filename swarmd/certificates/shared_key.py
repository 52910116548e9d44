"""The key that swarmds share, as the content of a file: 32 random bytes in base64."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BITS = 256


def make_key() -> bytes:
    """The content of a new file."""
    return base64.b64encode(AESGCM.generate_key(_BITS)) + b"\n"


def read_key(content: bytes) -> bytes:
    """ValueError for what is not the content of a key file."""
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) * 8 != _BITS:
        raise ValueError("it is no key of swarmd store-key")
    return key
