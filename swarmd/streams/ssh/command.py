"""How ``ssh`` is called: nothing that a host, a user or a path is called can become an option.

Its own configuration counts (``~/.ssh/config``: jump hosts, users, keys, agents), except for what
would let it ask somebody, trust somebody unknown, or share or outlive what is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from swarmd.core.addresses import SSH_PORT, Address
from swarmd.streams.ssh.files import KNOWN_HOSTS, SshFiles

SOCKET = "/var/run/docker.sock"
DIAL = "docker system dial-stdio"
CONNECT_LIMIT = 10  # seconds
KEEP_ALIVE, MOST_SILENCES = 20, 3  # seconds, and how many of them until a host counts as gone

_ALWAYS: Mapping[str, object] = {
    # Nobody is there who could answer.
    **{"BatchMode": "yes", "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no"},
    **{"StrictHostKeyChecking": "yes", "UpdateHostKeys": "no"},
    **{"ConnectTimeout": CONNECT_LIMIT, "ServerAliveInterval": KEEP_ALIVE},
    **{"ServerAliveCountMax": MOST_SILENCES, "TCPKeepAlive": "yes"},
    **{"ControlMaster": "no", "ControlPath": "none", "ControlPersist": "no"},
    **{"ForwardAgent": "no", "ForwardX11": "no", "PermitLocalCommand": "no", "Tunnel": "no"},
    **{"RemoteCommand": "none", "RequestTTY": "no", "EscapeChar": "none"},
    **{"ForkAfterAuthentication": "no", "SessionType": "default", "StdinNull": "no"},
}


def forward_command(address: Address, files: SshFiles, local: str) -> list[str]:
    """Makes ``local`` a socket that leads to the engine's, for as long as it runs.

    It is verbose, for it tells that it is ready, and which keys were shown, in no other way.
    """
    more = {
        **{"SessionType": "none", "ExitOnForwardFailure": "yes", "LogLevel": "DEBUG1"},
        **{"StreamLocalBindMask": "0177", "StreamLocalBindUnlink": "no"},
    }
    return [*_start(address, files, more), "-L", f"{local}:{address.path or SOCKET}", *_to(address)]


def dial_command(address: Address, files: SshFiles) -> list[str]:
    """Its standard input and output are a connection to the engine."""
    more = {"ClearAllForwardings": "yes", "LogLevel": "ERROR"}
    return [*_start(address, files, more), *_to(address), dial_words(address)]


def dial_words(address: Address) -> str:
    """What is run on the host."""
    engine = f"--host unix://{address.path} " if address.path else ""
    return DIAL.replace("docker ", f"docker {engine}", 1)


def _start(address: Address, files: SshFiles, more: Mapping[str, object]) -> list[str]:
    options = {**_ALWAYS, **more, **dict(_named(files))}
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    if address.user:
        words += ["-l", address.user]
    if address.port != SSH_PORT:
        words += ["-p", str(address.port)]
    return ["ssh", *words]


def _to(address: Address) -> list[str]:
    return ["--", address.host]


def _named(files: SshFiles) -> Iterator[tuple[str, str]]:
    if files.known_hosts != KNOWN_HOSTS:
        yield "UserKnownHostsFile", quoted(files.known_hosts)
        yield "GlobalKnownHostsFile", "none"
    if files.key:
        yield "IdentityFile", quoted(files.key)
        yield "IdentitiesOnly", "yes"


def quoted(path: str) -> str:
    """``path`` as the value of an option, which ``ssh`` splits at spaces and expands.

    Raises:
        ValueError: ``ssh`` has no form for it.
    """
    if not path.isprintable() or any(mark in path for mark in '"\\$'):
        raise ValueError(f"{path!r}: ssh takes no path with quotes, backslashes, $ or line ends")
    return f'"{path.replace("%", "%%")}"'
