from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmd.config.options import Options
from swarmd.config.settings import Settings, from_options
from swarmd.config.tls_options import TlsFiles
from swarmd.discovery.entry import TlsOverride, bare_entry
from swarmd.streams.ssh.files import SshFiles
from tests.lab.certificates import Authority


def settings(environ: dict[str, str] | None = None, **given: Any) -> Settings:
    options = Options()
    options["discovery"] = "a"
    options.update({name.replace("_", "-"): value for name, value in given.items()})
    return from_options(options, environ or {})


def test_what_is_reserved_of_limits() -> None:
    assert settings().policy.reserve == "hard"
    assert settings(**{"cluster-opt": ["swarm.reserve=soft"]}).policy.reserve == "soft"
    with pytest.raises(ValueError, match=r"swarm\.reserve should be hard or soft, 'no'"):
        settings(**{"cluster-opt": ["swarm.reserve=no"]})


def test_defaults() -> None:
    found = settings()
    assert found == Settings("nodes://a")
    assert found.listen == ("tcp://127.0.0.1:2375",)
    assert found.policy.strategy == "spread"
    assert found.policy.overcommit == 0.05
    assert (found.heartbeat, found.refresh_min, found.refresh_max) == (5, 30, 60)
    assert found.engine_port == 2375


@pytest.mark.parametrize(
    ("option", "text", "field", "value"),
    [
        ("heartbeat", "1s", "heartbeat", 1),
        ("engine_refresh_min_interval", "500ms", "refresh_min", 0.5),
        ("engine_refresh_max_interval", "2m", "refresh_max", 120),
        ("engine_failure_retry", "5", "failure_retry", 5),
        ("max_connections", "7", "max_connections", 7),
        ("log_level", "warn", "log_level", "warn"),
        ("log_level", "fatal", "log_level", "critical"),
        ("debug", 1, "log_level", "debug"),
        ("cluster_opt", ["swarm.createretry=3"], "create_retry", 3),
        ("insecure", 1, "insecure", True),
        ("ssh_known_hosts", "/k", "ssh", SshFiles("/k")),
        ("audit_log", "-", "audit_log", "-"),
        ("audit_log", "/dev/null", "audit_log", "/dev/null"),
    ],
)
def test_values(option: str, text: Any, field: str, value: Any) -> None:
    assert getattr(settings(**{option: text}), field) == value


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("strategy", "nope", "strategy not supported: nope"),
        ("strategy", "random:zone", "only spread takes a label"),
        ("filter", ["health", "nope"], "filter not supported: nope"),
        ("audit_log", "/no/folder", "--audit-log /no/folder: No such file or directory"),
        ("ssh_key", "/gone", "--ssh-key: cannot read SSH key /gone: No such file or directory"),
        ("heartbeat", "10", "--heartbeat: '10' is not a duration; write it like 10s"),
        ("heartbeat", "500ms", "--heartbeat should be at least one second"),
        ("engine_refresh_min_interval", "0s", "--engine-refresh-min-interval should be longer"),
        ("engine_refresh_max_interval", "20s", "max-interval cannot be less than"),
        ("engine_failure_retry", "0", "--engine-failure-retry: '0' is not a whole number above 0"),
        ("max_connections", "many", "--max-connections: 'many' is not a whole number"),
        ("allow_host", ["http://a"], "--allow-host: 'http://a' is not a name"),
        ("allow_host", ["a", "a:2375"], "give it without scheme and port"),
        ("cluster_opt", ["swarm.overcommit"], "'swarm.overcommit' is not KEY=VALUE"),
        ("cluster_opt", ["swarm.overcomit=1"], "'swarm.overcomit' not supported; there are swarm"),
        (
            "cluster_opt",
            ["swarm.overcommit=-1"],
            "swarm.overcommit should be larger than -1, -1 is",
        ),
        ("cluster_opt", ["swarm.overcommit=nan"], "swarm.overcommit: nan is not a number"),
        ("cluster_opt", ["swarm.overcommit=x"], "swarm.overcommit: could not convert string"),
        ("cluster_opt", ["swarm.createretry=-1"], "createretry can not be negative, -1 is invalid"),
        ("cluster_opt", ["swarm.createretry=1.5"], "swarm.createretry: invalid literal"),
        ("log_level", "loud", "--log-level 'loud' is none of debug, info, warn, error"),
        ("state_dir", "/nowhere", "--state-dir /nowhere is not there: make it"),
        ("state_dir", "/dev/null", "--state-dir /dev/null is not a folder"),
        ("host", ["foo://x"], "--host: 'foo://x': unsupported protocol 'foo'"),
        ("host", ["tcp://0.0.0.0:2375"], "root on every engine: use --tlsverify"),
        ("host", ["tcp:2375"], "--host tcp:2375 is open to others"),
        ("discovery", "", "no engines are given"),
        ("discovery", "etcd://a b", "etcd://a b: "),
        ("discovery", "a:x", "'a:x': 'x' is not a port"),
        ("hosts", "/etc/hosts", "both --hosts and DISCOVERY 'a' are given"),
        ("tlscert", "x", "--tlscert and --tlskey must be provided together"),
    ],
)
def test_wrong_values(option: str, value: Any, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        settings(**{option: value})
    assert reason in str(caught.value)


def test_an_unreadable_hosts_file_is_an_error_at_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read hosts file .*: No such file"):
        settings(discovery="", hosts=str(tmp_path / "nope"))


def test_hosts_file_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts").write_text("a\n")
    monkeypatch.chdir(tmp_path)
    assert settings(discovery="", hosts="hosts").discovery == f"file://{tmp_path}/hosts"


def test_state_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings(state_dir=".").state_dir == str(tmp_path)


def test_an_address_given_twice_is_listened_on_once() -> None:
    assert settings(host=["127.0.0.1:3", "tcp://127.0.0.1:3"]).listen == ("tcp://127.0.0.1:3",)


@pytest.mark.parametrize("say", ["insecure", "tlsverify"])
def test_what_opens_the_door(say: str, tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("front")
    tls = {"tlscacert": str(pem.ca), "tlscert": str(pem.cert), "tlskey": str(pem.key)}
    given = tls if say == "tlsverify" else {}
    listen = ["tcp://0.0.0.0:2376"]
    assert settings(host=listen, **{say: 1}, **given).listen == tuple(listen)


def test_encryption_alone_does_not_open_the_door(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("front")
    with pytest.raises(ValueError, match="root on every engine"):
        settings(host=[":2376"], tls=1, tlscert=str(pem.cert), tlskey=str(pem.key))


TLS = TlsFiles("/ca", "/cert", "/key", verify=True)
TLS2 = replace(TLS, ca="/ca2")
CRL = replace(TLS, crl="/crl")


@pytest.mark.parametrize(
    ("engine_tls", "override", "expected"),
    [
        (None, TlsOverride(), None),
        (TLS, TlsOverride(), TLS),
        (TLS, TlsOverride(name="db"), TlsFiles("/ca", "/cert", "/key", True, "db")),
        (TLS, TlsOverride(ca="/ca2"), TlsFiles("/ca2", "/cert", "/key", True)),
        (TLS, TlsOverride(cert="/c2", key="/k2"), TlsFiles("/ca", "/c2", "/k2", True)),
        (None, TlsOverride(ca="/ca2"), TlsFiles("/ca2", verify=True)),
        (None, TlsOverride(cert="/c2", key="/k2", mode="on"), TlsFiles("", "/c2", "/k2", False)),
        (None, TlsOverride(mode="on"), TlsFiles()),
        (TLS, TlsOverride(mode="off"), None),
        (TLS, TlsOverride(mode="on"), TlsFiles("/ca", "/cert", "/key", False)),
        (TlsFiles("/ca"), TlsOverride(mode="verify"), TlsFiles("/ca", verify=True)),
        (CRL, TlsOverride(), CRL),
        (CRL, TlsOverride(ca="/ca"), CRL),
        (CRL, TlsOverride(ca="/ca2"), TLS2),
        (CRL, TlsOverride(ca="/ca2", crl="/l2"), replace(TLS2, crl="/l2")),
        (CRL, TlsOverride(mode="on"), TlsFiles("/ca", "/cert", "/key", False)),
        (None, TlsOverride(name="db"), None),
    ],
)
def test_tls_of_one_engine(
    engine_tls: TlsFiles | None, override: TlsOverride, expected: TlsFiles | None
) -> None:
    entry = replace(bare_entry("a", 2376), tls=override)
    assert Settings("a", engine_tls=engine_tls).tls_for(entry) == expected


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        (TlsOverride(mode="verify"), "tls=verify needs a CA: tlscacert= in its line"),
        (TlsOverride(cert="/c", key="/k"), "tlscert= does not say whom to trust"),
    ],
)
def test_tls_of_one_engine_that_is_not_said(override: TlsOverride, reason: str) -> None:
    entry = replace(bare_entry("a", 2376), tls=override)
    with pytest.raises(ValueError, match=reason):
        Settings("a").tls_for(entry)


@pytest.mark.parametrize("address", ["unix:///run/docker.sock", "ssh://a"])
def test_no_tls_where_the_way_is_private(address: str) -> None:
    assert Settings("a", engine_tls=TLS).tls_for(bare_entry(address, 2376)) is None


def test_engines_with_tls_listen_on_another_port() -> None:
    assert Settings("a", engine_tls=TLS).engine_port == 2376


def test_the_list_of_an_engine_lies_beside_its_ca() -> None:
    """Unless it is named, or goes with the common CA."""
    for override, beside, named in (
        (TlsOverride(ca="/rack/ca.pem"), "/rack/crl.pem", ""),
        (TlsOverride(ca="/rack/ca.pem", crl="/l"), "", "/l"),
        (TlsOverride(), "", "/crl"),
        (TlsOverride(ca="/rack/ca.pem", mode="on"), "", ""),
    ):
        entry = replace(bare_entry("a", 2376), tls=override)
        files = Settings("a", engine_tls=CRL).tls_for(entry)
        assert files and (files.beside, files.crl) == (beside, named)
