"""The token in each form: the proof that it was had from this swarmd, by whoever sends it.

Beside the check of Origin, which refuses what a browser says is from elsewhere: a page of another
site can send a form, but cannot read one.
"""

from __future__ import annotations

import hmac
import secrets

from swarmd.core.errors import ApiError


class StaleForm(ApiError):
    """Status 403: a form with another token, say of a page from before a restart."""

    status = 403


class FormTokens:
    """The tokens of one run of swarmd: one for each identity, and nothing to keep."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)

    def of(self, who: str) -> str:
        name = who.encode("utf-8", "surrogateescape")
        return hmac.new(self._key, name, "sha256").hexdigest()

    def check(self, who: str, token: str) -> None:
        """Raises StaleForm."""
        if not hmac.compare_digest(self.of(who).encode(), token.encode("utf-8", "replace")):
            raise StaleForm(
                "this form is from a page that was opened before swarmd was started anew, or by "
                "somebody else: go back, load the page again and repeat it"
            )
