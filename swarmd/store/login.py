"""The log-in to a store, from a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from swarmd.files.reader import BadFileError, load

_LARGEST = 64 << 10  # bytes


@dataclass(frozen=True, slots=True)
class Login:
    """A user and his password; Consul has a token alone, which is the password."""

    user: str
    password: str = field(repr=False)


def read_login(path: str) -> Login:
    """``USER:PASSWORD`` in one line, or ``TOKEN``; ValueError, which shows nothing of it."""
    try:
        return load(path, _LARGEST, _parsed)
    except BadFileError as error:
        raise ValueError(f"cannot use the store's log-in in {path}: {error}") from None


def _parsed(data: bytes) -> Login:
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    if not text or len(text.splitlines()) != 1:
        raise ValueError("it has to be one line, USER:PASSWORD or a token")
    user, colon, password = text.partition(":")
    if not colon:
        return Login("", text)
    if not user or not password:
        raise ValueError("it has to be one line, USER:PASSWORD or a token")
    return Login(user, password)
