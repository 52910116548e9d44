"""The headers of all that the page answers: a browser runs nothing, and asks nobody, but us."""

from __future__ import annotations

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "connect", "img")),
        *("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"),
    )
)
# Under "no-referrer" a browser would say of its own forms that they come from nowhere.
_REFERRER = "same-origin"

PROTECTION: tuple[tuple[bytes, bytes], ...] = (
    (b"Content-Security-Policy", CONTENT_SECURITY_POLICY.encode()),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Frame-Options", b"DENY"),
    (b"Referrer-Policy", _REFERRER.encode()),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)
# What a page shows is of its moment, and of whoever asked.
PAGE_HEADERS = (*PROTECTION, (b"Cache-Control", b"no-store"))
# The address of a file changes with its content.
FILE_HEADERS = (*PROTECTION, (b"Cache-Control", b"max-age=31536000, immutable"))
