from __future__ import annotations

import pytest

from swarmd.config.sources.environment import given_in, given_to_classic, unknown_in


def test_every_kind() -> None:
    environ = {
        "SWARMD_HOSTS": "hosts",
        "SWARMD_LOG_LEVEL": " warn ",
        "SWARMD_HOST": "tcp://127.0.0.1:1, unix:///run/x ,",
        "SWARMD_TLS": "True",
        "SWARMD_INSECURE": "0",
        "SWARMD_STATE_DIR": "",
        "SWARMD_DISCOVERY": "a,b",
        "SWARMD_CONFIG": "/x",
    }
    found = given_in(environ, "/folder")
    assert {name: one.value for name, one in found.items()} == {
        "hosts": "/folder/hosts",
        "log-level": "warn",
        "host": ["tcp://127.0.0.1:1", "unix:///run/x"],
        "tls": True,
        "insecure": False,
        "discovery": "a,b",
    }
    assert found["tls"].name == "SWARMD_TLS" and list(unknown_in(environ)) == []


@pytest.mark.parametrize("text", ["maybe", "2", "tru"])
def test_a_flag_is_true_or_false(text: str) -> None:
    with pytest.raises(ValueError, match=f"^SWARMD_TLS: '{text}' is neither true nor false$"):
        given_in({"SWARMD_TLS": text}, "/")


def test_what_nobody_knows_is_told() -> None:
    environ = {
        **{"SWARMD_LOGLEVEL": "1", "SWARMD_LOG-LEVEL": "1", "SWARMD_PORT_2375_TCP": "1"},
        **{"SWARMD_ADDR": "x", "PATH": "/bin", "SWARM_HOST": "x", "swarmd_hosts": "x"},
    }
    assert list(unknown_in(environ)) == [
        "SWARMD_ADDR in the environment means nothing",
        "SWARMD_LOG-LEVEL in the environment means nothing; is SWARMD_LOG_LEVEL meant?",
        "SWARMD_LOGLEVEL in the environment means nothing; is SWARMD_LOG_LEVEL meant?",
        "SWARMD_PORT_2375_TCP in the environment means nothing",
    ]


def test_the_variables_of_classic_swarm() -> None:
    environ = {"SWARM_HOST": "a:1, b:2", "SWARM_DISCOVERY": "nodes://b", "DEBUG": "1"}
    found = given_to_classic(environ)
    assert {name: one.value for name, one in found.items()} == {
        **{"host": ["a:1", "b:2"], "discovery": "nodes://b", "debug": True}
    }
    assert given_to_classic({"SWARM_HOST": " ,", "SWARM_DISCOVERY": "", "DEBUG": "0"}) == {}
