from __future__ import annotations

import pytest

from swarmd.cli.unknown import refusal

COMMANDS = ("node", "explain", "doctor", "certs", "authz")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("docter", "did you mean doctor?"),
        ("nodes", "did you mean node?"),
        ("Explain", "did you mean explain?"),
        ("help", "did you mean --help?"),
        ("version", "did you mean --version?"),
        ("swarm", "there are authz, certs, doctor, explain, node; without one, the daemon starts"),
    ],
)
def test_the_nearest_command_is_named(word: str, meant: str) -> None:
    assert refusal(word, COMMANDS) == (
        f"unknown command: {word}; {meant} (An engine of that name: nodes://{word})"
    )


def test_what_classic_swarm_had_and_swarmd_has_not() -> None:
    assert refusal("create", COMMANDS).startswith("no command 'create': the token service")


@pytest.mark.parametrize(
    "word",
    [
        *("--hosts", "-H", "localhost", "host-1", "10.0.0.1", "db:2375", "db.example.com", "db1"),
        *(
            "manage",
            "m",
            "a,b",
            "nodes://db",
            "file:///etc/hosts",
            "/etc/swarmd/hosts",
            "rack[1:3]",
            "",
            "a",
        ),
    ],
)
def test_what_names_engines_starts_a_daemon(word: str) -> None:
    assert refusal(word, COMMANDS) == ""
