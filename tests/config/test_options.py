from __future__ import annotations

import pytest

from swarmd import __version__
from swarmd.config.options import Options
from swarmd.config.settings import Settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SWARM_HOST", "SWARM_DISCOVERY", "DEBUG"):
        monkeypatch.delenv(name, raising=False)


def parse(line: str) -> Settings:
    options = Options()
    options.parseOptions(line.split())
    return options.settings


def refusal(line: str) -> str:
    with pytest.raises(SystemExit) as caught:
        parse(line)
    # A text as exit code is printed on stderr, and the status is 1.
    assert isinstance(caught.value.code, str)
    assert "\n" not in caught.value.code
    return caught.value.code


def test_every_repeatable_option_under_all_its_names() -> None:
    settings = parse(
        "-H tcp://127.0.0.1:1 --host=unix:///run/x -f health --filter port "
        "--cluster-opt swarm.overcommit=0.5 --cluster-opt=swarm.createretry=2 "
        "--allow-host a.example --allow-host=.b.example a,b"
    )
    assert settings.listen == ("tcp://127.0.0.1:1", "unix:///run/x")
    assert settings.policy.filters[:2] == ("health", "port")
    assert settings.policy.overcommit == 0.5
    assert settings.create_retry == 2
    assert settings.allow_hosts == ("a.example", ".b.example")
    assert settings.discovery == "nodes://a,b"


@pytest.mark.parametrize(
    "line",
    [
        "--strategy binpack --log-level debug a",
        "manage --strategy=binpack --debug a",
        "--debug manage -strategy binpack a",
        "-l debug m -strategy=binpacking a",
        "-debug manage -c swarm --engine-refresh-retry 3 --strategy binpack "
        "--refresh-on-node-filter --container-name-refresh-filter=x --experimental a",
        "-debug manage --strategy binpack --advertise b:1 --addr b:1 --replication-ttl 5s a",
    ],
)
def test_lines_from_old_unit_files(line: str) -> None:
    settings = parse(line)
    assert settings.policy.strategy == "binpack"
    assert settings.log_level == "debug"
    assert settings.discovery == "nodes://a"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--nope a", "option --nope not recognized"),
        ("--hosts", "option --hosts requires argument"),
        ("--tls=yes a", "option --tls must not have an argument"),
        ("a b", "one DISCOVERY is enough: a b"),
        ("a -H tcp://127.0.0.1:1", "one DISCOVERY is enough; options come before it: a -H"),
        ("join --advertise a:1 etcd://b", "no command 'join': engines do not register"),
        ("list a", "no command 'list': the hosts file is the list"),
        ("create", "no command 'create': the token service was shut down in 2019"),
        ("--replication a", "--replication is not supported: one swarmd serves a fleet"),
        ("--replication --advertise a:1 a", "--replication is not supported"),
        ("--discovery-opt kv.path=x a", "--discovery-opt is not supported: there is no key-value"),
        ("--api-enable-cors a", "--api-enable-cors is not supported: pages of any web site"),
        ("--cors a", "--cors is not supported"),
        ("-c mesos a", "unsupported cluster 'mesos'; only swarm"),
        ("--engine-refresh-retry 5 a", "is deprecated. Use --engine-failure-retry"),
        ("--strategy nope a", "strategy not supported: nope"),
        ("", "no engines are given: use --hosts FILE"),
    ],
)
def test_a_refusal_is_one_line(line: str, reason: str) -> None:
    text = refusal(line)
    assert text.startswith("swarmd: ")
    assert reason in text


def test_a_refusal_is_one_line_even_if_the_value_is_not() -> None:
    with pytest.raises(SystemExit) as caught:
        Options().parseOptions(["--state-dir", "/no\nwhere", "a"])
    assert caught.value.code == (
        "swarmd: --state-dir /no where is not a folder that swarmd may write to"
    )


@pytest.mark.parametrize("flag", ["--version", "-v"])
def test_version(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(flag)
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"swarmd version {__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_tells_every_option(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(flag)
    assert caught.value.code == 0
    text = capsys.readouterr().out
    options = Options()
    for option in options.longOpt:
        assert f"--{option}" in text
        assert options.docs[option.rstrip("=")]
    assert "containerslots" in text
