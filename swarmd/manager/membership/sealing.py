"""Values that only swarmds with the same key can read: AES-GCM, with a random nonce each."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class BadSealError(ValueError):
    """A seal that cannot be opened: of another key, for another place, or changed since."""


class Seal:
    """A key that swarmds share."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, value: bytes, place: str) -> str:
        """``value`` encrypted, as text; it opens only at ``place``, the key where it stands."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, value, place.encode())).decode()

    def open(self, text: str, place: str) -> bytes:
        """Raises BadSealError."""
        try:
            sealed = base64.b64decode(text, validate=True)
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()
            )
        except (ValueError, InvalidTag):
            raise BadSealError("it was not sealed here with this key") from None
