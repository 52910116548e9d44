"""The files of SSH that options name."""

from __future__ import annotations

from dataclasses import dataclass

KNOWN_HOSTS = "~/.ssh/known_hosts"


@dataclass(frozen=True, slots=True)
class SshFiles:
    """The files of SSH: what to log in with, and whom to trust.

    Attributes:
        known_hosts: Path; ``KNOWN_HOSTS`` for whatever ``ssh`` itself looks at.
        key: Path; "" for what ``ssh`` itself finds: an agent's, the usual ones.
    """

    known_hosts: str = KNOWN_HOSTS
    key: str = ""
