"""Whom to trust over SSH: OpenSSH's known_hosts, and the reasons when a host is refused.

Names, ``[name]:port``, patterns, negated ones, hashed names and ``@revoked`` are understood;
``@cert-authority`` is not, such a host is unknown. Keys are compared as bytes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256

from twisted.conch.ssh.common import getNS

from swarmd.core.addresses import SSH_PORT, Address
from swarmd.core.pattern import PatternError, regex

_HASHED = "|1|"
_REVOKED, _AUTHORITY = "@revoked", "@cert-authority"
_RSA = b"ssh-rsa"
_RSA_SIGNATURES = [b"rsa-sha2-512", b"rsa-sha2-256"]


class HostKeyRefusedError(Exception):
    """A host key that is not known; the text says which was shown and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of known_hosts: one key of the host that is asked for.

    Attributes:
        number: Of the line in the file, from 1.
        key: As it goes over the wire.
    """

    number: int
    key: bytes
    revoked: bool


def lines_for(text: str, address: Address) -> list[Line]:
    """What a known_hosts file says of ``address``."""
    name = known_name(address)
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or marker == _AUTHORITY:
            continue
        if _names(words[0], name):
            found += [Line(number, key, marker == _REVOKED) for key in _key(words[2])]
    return found


def known_name(address: Address) -> str:
    """How the file spells it."""
    host = address.host.lower()
    return host if address.port == SSH_PORT else f"[{host}]:{address.port}"


def algorithms(lines: list[Line], supported: list[bytes]) -> list[bytes]:
    """``supported`` with those first of which a key is known: a host has several keys."""
    known: list[bytes] = []
    for line in lines:
        kind = key_type(line.key)
        known += _RSA_SIGNATURES if kind == _RSA else [kind]
    return sorted(supported, key=lambda name: name not in known)


def check(lines: list[Line], shown: bytes, address: Address, path: str) -> None:
    """HostKeyRefusedError unless the key that is shown is the one that is known."""
    name, what = known_name(address), f"{key_type(shown).decode()} {fingerprint(shown)}"
    if any(line.revoked and line.key == shown for line in lines):
        raise HostKeyRefusedError(f"the host key of {name} is revoked in {path}: {what}")
    trusted = [line for line in lines if not line.revoked]
    if any(line.key == shown for line in trusted):
        return
    add = f"ssh-keyscan -p {address.port} {address.host} >> {path}"
    if not trusted:
        raise HostKeyRefusedError(
            f"the host key of {name} is not known: it shows {what}; if that is the fingerprint "
            f"that the host itself tells (ssh-keygen -lf), add it: {add}"
        )
    line = next((each for each in trusted if key_type(each.key) == key_type(shown)), trusted[0])
    raise HostKeyRefusedError(
        f"THE HOST KEY OF {name} HAS CHANGED: it shows {what}, line {line.number} of {path} has "
        f"{fingerprint(line.key)}; somebody may be listening in. If the change is meant: "
        f"ssh-keygen -f {path} -R '{name}' && {add}"
    )


def fingerprint(key: bytes) -> str:
    """As ``ssh-keygen -l`` prints it."""
    return "SHA256:" + base64.b64encode(sha256(key).digest()).decode().rstrip("=")


def key_type(key: bytes) -> bytes:
    """``ssh-ed25519`` and the like."""
    kind: bytes = getNS(key)[0]
    return kind


def _names(hosts: str, name: str) -> bool:
    if hosts.startswith(_HASHED):
        return _hash_matches(hosts, name)
    matched = False
    for pattern in hosts.lower().split(","):
        if _matches(pattern.removeprefix("!"), name):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _matches(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    try:
        return regex(rf"\A{expression}\z").matches(name)
    except PatternError:  # longer than any name
        return False


def _hash_matches(hosts: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hosts[len(_HASHED) :].split("|"))
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), sha1), digest)


def _key(text: str) -> Iterator[bytes]:
    """At most one."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(key) > 4:
        yield key
