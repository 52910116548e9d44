from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from swarmd import __version__
from swarmd.cli.errors import MISUSED
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
    """A text as exit code is printed on stderr, and the status is 1; else it is 2."""
    with pytest.raises(SystemExit) as caught, redirect_stderr(StringIO()) as said:
        parse(line)
    code = caught.value.code
    text = code if isinstance(code, str) else said.getvalue().removesuffix("\n")
    assert code in (text, MISUSED)
    assert text.startswith("swarmd: ") and "\n" not in text
    return text


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
        ("--nope a", "option --nope not recognized; swarmd --help lists all"),
        ("--confg x a", "option --confg not recognized; is --config meant?"),
        ("--chekc-config a", "option --chekc-config not recognized; is --check-config meant?"),
        ("--heart-beat 5s a", "option --heart-beat not recognized; is --heartbeat meant?"),
        ("--log_level=warn a", "option --log_level not recognized; is --log-level meant?"),
        ("--hosts", "option --hosts requires argument"),
        ("--tls=yes a", "option --tls must not have an argument"),
        ("a b", "one DISCOVERY is enough: a b"),
        ("a -H tcp://127.0.0.1:1", "one DISCOVERY is enough; options come before it: a -H"),
        ("join --advertise a:1 etcd://b", "no command 'join': it comes first: swarmd join"),
        ("list a", "no command 'list': it comes first"),
        ("create", "no command 'create': the token service was shut down in 2019"),
        ("--replication a", "--replication needs --store: swarmds that serve one fleet agree"),
        ("--replication --advertise a:1 a", "--replication needs --store"),
        ("--discovery-opt kv.path a", "--discovery-opt: 'kv.path' is not KEY=VALUE"),
        ("--discovery-opt kv.x=1 a", "--discovery-opt: 'kv.x' not supported; there are kv.path"),
        ("--discovery-opt kv.loginfile=/none etcd://a", "cannot use the store's log-in in /none"),
        ("--discovery-opt kv.cacertfile=/none etcd://a", "/none"),
        ("etcd:///p", "DISCOVERY: etcd:///p: an endpoint without a host"),
        ("consul://me:secret@a", "DISCOVERY: consul://a: a log-in is given by a file"),
        ("dns+srv://a..b", "DISCOVERY: 'a..b' is no name of SRV records"),
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
        "swarmd: --state-dir /no where is not there: make it, for the user that swarmd runs as "
        "(install -d -o swarmd -m 700 FOLDER)"
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


def test_flags_before_the_environment_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        "discovery = 'a'\nstrategy = 'binpack'\nheartbeat = '3s'\nengine-failure-retry = 4\n"
        "host = ['127.0.0.1:1', '127.0.0.1:2']\ninsecure = true\nlog-level = 'warn'\n"
    )
    monkeypatch.setenv("SWARMD_HEARTBEAT", "2s")
    monkeypatch.setenv("SWARMD_STRATEGY", "random")
    found = parse(f"--config {path} --strat spread -H 127.0.0.1:3")
    assert (found.policy.strategy, found.heartbeat, found.failure_retry) == ("spread", 2, 4)
    assert found.listen == ("tcp://127.0.0.1:3",)
    assert (found.insecure, found.log_level, found.discovery) == (True, "warn", "nodes://a")
    given = parse(f"--config {path} --insecure=false --debug b")
    assert (given.insecure, given.log_level, given.discovery) == (False, "debug", "nodes://b")
    assert given.listen == ("tcp://127.0.0.1:1", "tcp://127.0.0.1:2")


@pytest.mark.parametrize(
    ("line", "insecure"),
    [
        ("--insecure=true a", True),
        ("--insecure --insecure=false a", False),
        ("--insecure=false --insecure a", True),
        ("-insecure=false manage a", False),
    ],
)
def test_a_flag_is_given_and_taken_back(line: str, insecure: bool) -> None:
    assert parse(line).insecure is insecure


@pytest.mark.parametrize("line", ["--authz= a", "-H= a", "--hosts= a", "--config= a"])
def test_an_empty_value_is_none(line: str) -> None:
    words = [word.replace("-H=", "-H") for word in line.split()]
    words[:1] = ["-H", ""] if words[0] == "-H" else words[:1]
    with pytest.raises(SystemExit, match="its value is empty"):
        Options().parseOptions(words)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("heartbeat = '10'", "2:13: heartbeat: '10' is not a duration"),
        ("strategy = 'nope'", "2:12: strategy: strategy not supported: nope"),
        ("filter = ['health', 'nope']", "2:21: filter: filter not supported: nope"),
        (
            "cluster-opt = ['swarm.reserve=soft', 'swarm.x=1']",
            "2:38: cluster-opt 'swarm.x' not supported",
        ),
        ("cluster-opt = ['swarm.reserve=x']", "2:16: cluster-opt: swarm.reserve should be"),
        ("host = ['tcp://127.0.0.1:1', 'foo://x']", "2:30: host: 'foo://x': unsupported"),
        ("host = ['tcp://0.0.0.0:1']", "2:9: host tcp://0.0.0.0:1 is open to others"),
        ("log-level = 'loud'", "2:13: log-level 'loud' is none of"),
        ("engine-failure-retry = -1", "2:24: engine-failure-retry: '-1' is not a whole number"),
        ("tls = true\ntlscert = '/x'\ntlskey = '/y'", "3:11: tlscert: "),
        ("tlscert = '/x'", "2:11: tlscert and --tlskey must be provided together"),
        ("state-dir = 'gone'", "2:13: state-dir "),
        ("authz = 'gone'", "2:9: authz: cannot read policy "),
        ("hosts = 'gone'", "2:9: both hosts and discovery 'a' are given"),
    ],
)
def test_a_wrong_value_of_the_file_has_its_place(tmp_path: Path, line: str, place: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f"discovery = 'a'\n{line}\n")
    text = refusal(f"--config {path}")
    assert text.startswith(f"swarmd: {path}:{place}")


def test_the_engines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("discovery = 'a:x'\n")
    assert f"{path}:1:13: discovery: 'a:x': 'x' is not a port" in refusal(f"--config {path}")
    path.write_text("hosts = 'gone'\n")
    assert f"{path}:1:9: hosts: cannot read hosts file {tmp_path}/gone" in refusal(
        f"--config {path}"
    )
