"""Why ``ssh`` has ended, from what it said: in words for an operator, and whether a host spoke."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from swarmd.core.addresses import Address
from swarmd.streams.dialing.dial_errors import SilentError
from swarmd.streams.ssh.files import SshFiles

_MOST_WORDS = 300  # characters of what ssh or a host says
# Of the program on the host: there is no engine, as where a connection is refused.
_ABSENT = ("daemon running", "daemon is running", "connection refused", "no such file or directory")
# What ssh says of its progress when it is verbose; none of it is a reason.
_PROGRESS = re.compile(r"debug\d: |OpenSSH_|Authenticated to |Transferred: |Bytes per second: ")


class SshError(Exception):
    """A failure of ``ssh``, or of the host behind it; the text says what went wrong."""


class SilentSshError(SshError, SilentError):
    """The silence of an SSH host or its engine: nothing, or nothing more, came from it."""


_SILENCES: tuple[tuple[str, str], ...] = (
    ("Could not resolve hostname", "the host name is not known"),
    ("Connection refused", "connection refused"),
    ("No route to host", "no route to host"),
    ("Network is unreachable", "no route to host"),
    ("timed out", "it does not answer (time limit reached)"),
    ("not responding", "it has said nothing for a minute"),
    ("Connection closed by", "sshd has closed the connection"),
    ("Connection reset by", "sshd has closed the connection"),
    ("closed by remote host", "sshd has closed the connection"),
)


def why_ended(
    lines: Sequence[str], status: int | None, address: Address, files: SshFiles
) -> SshError:
    """Why an ``ssh`` that logged in, or tried to, has ended."""
    refused = _host_key(lines, address, files) or _login(lines, address)
    if refused:
        return SshError(refused)
    said = spoken(lines)
    for sign, text in _SILENCES:
        if any(sign in line for line in said):
            return SilentSshError(text)
    ended = f"ended with status {status}" if status is not None else "was ended by a signal"
    return SshError(f"SSH: {said[-1][:_MOST_WORDS] if said else f'ssh {ended}'}")


def why_no_engine(lines: Sequence[str], status: int | None, command: str) -> SshError:
    """Why the program on the host gave no connection to its engine."""
    said = " ".join(spoken(lines))[:_MOST_WORDS]
    if status == 127:
        said = f"{said}; is the docker CLI installed there, and in the PATH?"
    text = f"{command!r} on the host: {said or f'ended with status {status}'}"
    absent = any(sign in said for sign in _ABSENT)
    return SilentSshError(text) if absent else SshError(text)


def spoken(lines: Sequence[str]) -> list[str]:
    """Without what ssh says of its progress."""
    return [line for line in lines if not _PROGRESS.match(line)]


def _host_key(lines: Sequence[str], address: Address, files: SshFiles) -> str:
    """ "" if it is not the host's key that is refused."""
    text = "\n".join(lines)
    shown = re.search(r"Server host key: (\S+ \S+)", text)
    what = shown[1] if shown else "another"
    add = f"ssh-keyscan -p {address.port} {address.host} >> {files.known_hosts}"
    if found := re.search(r"No \S+ host key is known for (\S+)", text):
        return (
            f"the host key of {found[1]} is not known: it shows {what}; if that is the fingerprint "
            f"that the host itself tells (ssh-keygen -lf), add it: {add}"
        )
    if revoked := re.search(r"key for (\S+) is marked as revoked", text):
        return f"the host key of {revoked[1]} is revoked: it shows {what}"
    if changed := re.search(r"[Hh]ost key for (\S+) has changed", text):
        place = re.search(r"Offending \S+ key in (\S+):(\d+)", text)
        where = f"line {place[2]} of {place[1]}" if place else "what is known"
        return (
            f"THE HOST KEY OF {changed[1]} HAS CHANGED: it shows {what}, {where} has another; "
            "somebody may be listening in. If the change is meant: "
            f"ssh-keygen -f {place[1] if place else files.known_hosts} -R '{changed[1]}' && {add}"
        )
    return ""


def _login(lines: Sequence[str], address: Address) -> str:
    """ "" if it is not we who are refused."""
    denied = re.search(r"(?m)^(?:(\S+)@\S+: )?Permission denied \(", "\n".join(lines))
    if denied is None:
        return ""
    user = denied[1] or address.user or "?"
    offered = ", ".join(dict.fromkeys(_offered(lines)))
    locked = ", ".join(dict.fromkeys(_locked(lines)))
    if locked:
        return f"SSH key {locked} has a passphrase: give it to an agent (SSH_AUTH_SOCK)"
    return f"sshd takes no key of ours for user {user} (offered: {offered or 'there is none'})"


def _offered(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if found := re.match(r"debug1: Offering public key: (.+) \S+ SHA256:", line):
            yield found[1]


def _locked(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if found := re.search(r'Load key "(.+)": incorrect passphrase', line):
            yield found[1]
