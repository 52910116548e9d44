"""Keeps what was asked for in learning mode, and writes the policy that would have allowed it."""

from __future__ import annotations

import json
import re

from swarmd.authz.rights import Right
from swarmd.core.request.identity import Identity

MOST = 1000  # identities, and values of one key: the rest is not learnt
_FLAGS = ("privileged", "gpus", "publish_all")


class Learner:
    """What was asked for in learning mode, as a policy that would allow it.

    By identity: its rights, and by key of ``[role.X.create]`` what that has to hold.
    """

    def __init__(self) -> None:
        self._rights: dict[Identity, dict[str, None]] = {}
        self._keys: dict[Identity, dict[str, dict[str, None]]] = {}

    def saw(self, identity: Identity, right: Right) -> None:
        if identity in self._rights or len(self._rights) < MOST:
            self._rights.setdefault(identity, {})[str(right)] = None

    def found(self, identity: Identity, key: str, value: str | bool) -> None:
        if not key or identity not in self._rights:
            return
        values = self._keys.setdefault(identity, {}).setdefault(key, {})
        if len(values) < MOST:
            values[str(value)] = None

    def policy(self) -> str:
        """TOML; one role for each identity, to be merged by a person."""
        parts = [self._part(n, identity) for n, identity in enumerate(self._rights, 1)]
        return "\n".join(['mode = "enforce"\n', *parts])

    def _part(self, number: int, identity: Identity) -> str:
        name = f"{re.sub(r'[^A-Za-z0-9]+', '-', identity.name).strip('-') or 'role'}-{number}"
        lines = ["[[identity]]", _condition(identity), f"roles = [{_text(name)}]", ""]
        lines += [f"[role.{_text(name)}]", f"allow = {_list(self._rights[identity])}"]
        keys = self._keys.get(identity)
        if keys:
            lines += ["", f"[role.{_text(name)}.create]"]
            lines += [
                f"{key} = {'true' if key in _FLAGS else _list(values)}"
                for key, values in keys.items()
            ]
        return "\n".join(lines) + "\n"


def _condition(identity: Identity) -> str:
    if identity.common_name:
        return f"cn = {_text(identity.common_name)}"
    if identity.names:
        return f"san = {_text(identity.names[0])}"
    if identity.uid is not None:
        return f"uid = {identity.uid}"
    return f"network = {_text(identity.address or '127.0.0.1')}"


def _text(text: str) -> str:
    """A TOML string is a JSON string."""
    return json.dumps(text)


def _list(texts: dict[str, None]) -> str:
    return "[" + ", ".join(map(_text, texts)) + "]"
