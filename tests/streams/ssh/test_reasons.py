"""What ssh says at its end, as OpenSSH 9.2 says it, and what becomes of it."""

from __future__ import annotations

import pytest

from swarmd.core.addresses import parse_address
from swarmd.streams.dialing.dial_errors import silent
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.reasons import SshError, spoken, why_ended, why_no_engine

HOST = parse_address("ssh://ops@10.0.0.9")
FILES = SshFiles("/k", "/key")
SHOWN = "debug1: Server host key: ssh-ed25519 SHA256:abc"
UNKNOWN = (
    "No ED25519 host key is known for 10.0.0.9 and you have requested strict checking.\n"
    "Host key verification failed."
)
CHANGED = (
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    "Offending ED25519 key in /k:7\n"
    "Host key for 10.0.0.9 has changed and you have requested strict checking.\n"
    "Host key verification failed."
)
REVOKED = (
    "@       WARNING: REVOKED HOST KEY DETECTED!               @\n"
    "The ED25519 host key for 10.0.0.9 is marked as revoked.\n"
    "Host key verification failed."
)
DENIED = "ops@10.0.0.9: Permission denied (publickey)."


def ended(*texts: str, status: int | None = 255) -> SshError:
    lines = [line for text in texts for line in text.splitlines()]
    return why_ended(lines, status, HOST, FILES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            UNKNOWN,
            "the host key of 10.0.0.9 is not known: it shows ssh-ed25519 SHA256:abc; if that is "
            "the fingerprint that the host itself tells (ssh-keygen -lf), add it: "
            "ssh-keyscan -p 22 10.0.0.9 >> /k",
        ),
        (
            CHANGED,
            "THE HOST KEY OF 10.0.0.9 HAS CHANGED: it shows ssh-ed25519 SHA256:abc, line 7 of /k "
            "has another; somebody may be listening in. If the change is meant: "
            "ssh-keygen -f /k -R '10.0.0.9' && ssh-keyscan -p 22 10.0.0.9 >> /k",
        ),
        (REVOKED, "the host key of 10.0.0.9 is revoked: it shows ssh-ed25519 SHA256:abc"),
        (DENIED, "sshd takes no key of ours for user ops (offered: there is none)"),
        (
            f"debug1: Offering public key: /a b ED25519 SHA256:x explicit agent\n{DENIED}",
            "sshd takes no key of ours for user ops (offered: /a b)",
        ),
        (
            f'Load key "/key": incorrect passphrase supplied to decrypt private key\n{DENIED}',
            "SSH key /key has a passphrase: give it to an agent (SSH_AUTH_SOCK)",
        ),
        (
            "Unable to negotiate with 10.0.0.9 port 22: no matching cipher found. Their offer: x",
            "SSH: Unable to negotiate with 10.0.0.9 port 22: no matching cipher found. "
            "Their offer: x",
        ),
        ("debug1: Exit status 3", "SSH: ssh ended with status 255"),
    ],
)
def test_the_host_has_spoken(text: str, said: str) -> None:
    error = ended(SHOWN, text)
    assert str(error) == said
    assert not silent(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ssh: Could not resolve hostname h: Name or service not known", "the host name is not"),
        ("ssh: connect to host 10.0.0.9 port 22: Connection refused", "connection refused"),
        ("ssh: connect to host 10.0.0.9 port 22: No route to host", "no route to host"),
        ("ssh: connect to host 10.0.0.9 port 22: Connection timed out", "it does not answer"),
        ("Timeout, server 10.0.0.9 not responding.", "it has said nothing for a minute"),
        ("kex_exchange_identification: Connection closed by remote host", "sshd has closed"),
        ("Connection reset by 10.0.0.9 port 22", "sshd has closed the connection"),
    ],
)
def test_nothing_came(text: str, said: str) -> None:
    error = ended(text)
    assert str(error).startswith(said)
    assert silent(error)


def test_a_signal_is_told() -> None:
    assert str(ended(status=None)) == "SSH: ssh was ended by a signal"


@pytest.mark.parametrize(
    ("text", "status", "absent"),
    [
        ("Is the docker daemon running?", 1, True),
        ("dial unix /x.sock: connect: no such file or directory", 1, True),
        ("permission denied while trying to connect", 1, False),
        ("bash: docker: command not found", 127, False),
    ],
)
def test_the_program_on_the_host_has_spoken(text: str, status: int, absent: bool) -> None:
    error = why_no_engine([text], status, "docker system dial-stdio")
    assert str(error).startswith(f"'docker system dial-stdio' on the host: {text}")
    assert ("is the docker CLI installed there" in str(error)) == (status == 127)
    assert silent(error) == absent


def test_what_ssh_says_of_its_progress_is_no_reason() -> None:
    lines = ["OpenSSH_9.2p1 Debian", "debug1: x", "a reason", "Bytes per second: sent 1"]
    assert spoken(lines) == ["a reason"]
