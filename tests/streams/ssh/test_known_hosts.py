import base64
import time
from pathlib import Path

import pytest

from swarmd.core.addresses import parse_address
from swarmd.streams.ssh.known_hosts import (
    HostKeyRefusedError,
    algorithms,
    check,
    fingerprint,
    known_name,
    lines_for,
)
from tests.lab.machine import call

KEY = b"\0\0\0\x0bssh-ed25519\0\0\0\x03abc"
OTHER = b"\0\0\0\x0bssh-ed25519\0\0\0\x03xyz"
RSA = b"\0\0\0\x07ssh-rsa\0\0\0\x03abc"
HOST = parse_address("ssh://Node.example.com")
PORT = parse_address("ssh://ops@10.0.0.1:2222")


def line(names: str, key: bytes = KEY) -> str:
    return f"{names} ssh-ed25519 {base64.b64encode(key).decode()} a comment\n"


@pytest.mark.parametrize(
    "text",
    [
        *(line("node.example.com"), line("a,NODE.example.com,b"), line("*.example.com")),
        *(line("node.example.co?"), "# x\n\n" + line("*")),
        *("|1|broken x y\n" + line("*"), "node.example.com ssh-ed25519 !!\n" + line("*")),
    ],
)
def test_the_key_of_a_host_is_found(text: str) -> None:
    lines = lines_for(text, HOST)
    assert [each.key for each in lines] == [KEY]
    check(lines, KEY, HOST, "/k")


@pytest.mark.parametrize(
    "text",
    [
        *("", line("node"), line("*.example.org"), line("*,!node.example.com")),
        *("#" + line("node.example.com"), "@cert-authority " + line("*"), "* ssh-ed25519 AAA=\n"),
        *(line("[node.example.com]:2222"), line("node.example.com").replace(" ", "", 1)),
    ],
)
def test_other_lines_do_not_count(text: str) -> None:
    assert lines_for(text, HOST) == []


def test_another_port_is_another_host() -> None:
    assert known_name(PORT) == "[10.0.0.1]:2222"
    assert lines_for(line("10.0.0.1"), PORT) == []
    assert len(lines_for(line("[10.0.0.1]:2222"), PORT)) == 1


def test_hashed_names_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "known"
    key = "AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"
    file.write_text(f"[10.0.0.1]:2222 ssh-ed25519 {key}\n")
    call("ssh-keygen", "-q", "-H", "-f", str(file))
    assert file.read_text().startswith("|1|")
    (found,) = lines_for(file.read_text(), PORT)
    assert found.key == base64.b64decode(key)
    assert lines_for(file.read_text(), HOST) == []


def test_fingerprints_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    key = tmp_path / "key"
    call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    blob = base64.b64decode(Path(f"{key}.pub").read_text().split()[1])
    assert fingerprint(blob) in call("ssh-keygen", "-lf", str(key))


def refusal(text: str, shown: bytes = KEY) -> str:
    with pytest.raises(HostKeyRefusedError) as refused:
        check(lines_for(text, PORT), shown, PORT, "/k")
    return str(refused.value)


def test_an_unknown_host_is_refused_with_what_to_do() -> None:
    assert refusal("") == (
        "the host key of [10.0.0.1]:2222 is not known: it shows ssh-ed25519 "
        f"{fingerprint(KEY)}; if that is the fingerprint that the host itself tells "
        "(ssh-keygen -lf), add it: ssh-keyscan -p 2222 10.0.0.1 >> /k"
    )


def test_a_changed_key_is_refused_louder() -> None:
    text = line("[10.0.0.1]:2222", RSA) + line("[10.0.0.1]:2222", OTHER)
    assert refusal(text) == (
        f"THE HOST KEY OF [10.0.0.1]:2222 HAS CHANGED: it shows ssh-ed25519 {fingerprint(KEY)}, "
        f"line 2 of /k has {fingerprint(OTHER)}; somebody may be listening in. If the change is "
        "meant: ssh-keygen -f /k -R '[10.0.0.1]:2222' && ssh-keyscan -p 2222 10.0.0.1 >> /k"
    )
    assert "HAS CHANGED" in refusal(line("*", RSA))


def test_a_revoked_key_is_never_good() -> None:
    assert "is revoked in /k" in refusal(line("*") + "@revoked " + line("*"))
    check(lines_for("@revoked " + line("*", OTHER) + line("*"), PORT), KEY, PORT, "/k")


def test_the_kinds_of_key_that_are_known_come_first() -> None:
    have = [b"ecdsa-sha2-nistp256", b"rsa-sha2-512", b"rsa-sha2-256", b"ssh-ed25519"]
    assert algorithms([], have) == have
    assert algorithms(lines_for(line("*"), PORT), have)[0] == b"ssh-ed25519"
    assert algorithms(lines_for(line("*", RSA), PORT), have)[:2] == [
        b"rsa-sha2-512",
        b"rsa-sha2-256",
    ]


def test_no_pattern_takes_longer_than_it_is_long() -> None:
    began = time.process_time()
    for pattern in ("*a" * 500, "*a" * 100_000, "?" * 300 + "*", "*" * 100_000):
        assert lines_for(line(pattern + "b"), HOST) == []
    assert time.process_time() - began < 1
