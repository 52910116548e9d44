from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from swarmd.config.settings import Settings
from swarmd.doctor.finding import Level
from swarmd.doctor.local_checks import (
    askable,
    entries_of,
    of_keys,
    of_lists,
    of_server,
    of_writers,
    settings_of,
)
from swarmd.doctor.run import DoctorOptions
from swarmd.tls.trust import TlsFiles
from tests.lab.certificates import Authority, Certificate


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "tls")


def parsed(*words: str) -> Any:
    options = DoctorOptions()
    options.parseOptions(words)
    return settings_of(options.configure({}), {})


def files(of: Certificate) -> TlsFiles:
    return TlsFiles(str(of.ca), str(of.cert), str(of.key), True)


def texts(findings: Any) -> list[tuple[Level, str]]:
    return [(one.level, one.text) for one in findings]


def test_good_options() -> None:
    settings, findings = parsed("nodes://10.0.0.1:2375")
    assert settings.discovery == "nodes://10.0.0.1:2375" and findings == []


def test_sockets_of_systemd_are_the_daemons_business() -> None:
    assert parsed("-H", "fd://", "nodes://10.0.0.1:2375")[1] == []


def test_engines_are_known_although_the_door_is_wrong(authority: Authority) -> None:
    one, two = authority.issue("one"), authority.issue("two")
    words = ("--tlsverify", "--tlscacert", str(one.ca), "--tlscert", str(one.cert), "--tlskey")
    settings, (found,) = parsed(*words, str(two.key), "nodes://a:1")
    assert settings.discovery == "nodes://a:1"
    assert found.level is Level.ERROR and "is not the key of" in found.text and found.fix
    settings, (found,) = parsed(*words, str(one.key), "-H", "nonsense", "nodes://a:1")
    assert settings.engine_tls == files(one) and "nonsense" in found.text


def test_a_broken_key_of_ours_is_not_the_engines_fault(authority: Authority) -> None:
    """In plain, each of them would be blamed for demanding TLS."""
    one, two = authority.issue("one"), authority.issue("two")
    words = ("--tlsverify", "--tlscacert", str(one.ca), "--tlscert", str(one.cert), "--tlskey")
    settings, _ = parsed(*words, str(two.key), "nodes://a:1,b:1,unix:///x")
    entries, _ = entries_of(settings)
    able, (found,) = askable(settings, entries)
    assert [entry.address for entry in able] == ["unix:///x"]
    assert found.about == "a:1, b:1" and found.level is Level.ERROR
    assert found.text.startswith(f"not asked: cannot use TLS key {two.key}: it is not the key of")
    settings, _ = parsed(*words, str(one.key), "nodes://a:1")
    assert askable(settings, entries_of(settings)[0]) == (entries_of(settings)[0], [])


def test_where_options_contradict_each_other_no_engine_is_asked(authority: Authority) -> None:
    one = authority.issue("one")
    settings, (found,) = parsed("--tlscert", str(one.cert), "--tlskey", str(one.key), "nodes://a:1")
    assert settings is None and "require the use of" in found.text


def test_without_engines_there_is_nothing_else_to_do() -> None:
    assert parsed()[0] is None


def test_the_lines_of_a_hosts_file(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("a\nb c\n")
    entries, (found,) = entries_of(Settings(f"file://{hosts}"))
    assert [entry.address for entry in entries] == ["a:2375"]
    assert (found.level, found.about) == (Level.ERROR, f"{hosts}:2")
    assert found.text == "'c' is not key=value"
    assert "takes no engine off its list" in found.fix
    hosts.write_text("# none\n")
    assert texts(entries_of(Settings(f"file://{hosts}"))[1]) == [
        (Level.ERROR, f"{hosts} lists no engine")
    ]
    hosts.unlink()
    (found,) = entries_of(Settings(f"file://{hosts}"))[1]
    assert "No such file" in found.text
    assert len(entries_of(Settings("nodes://a:1,b:1"))[0]) == 2


def test_the_servers_certificate(authority: Authority) -> None:
    good = authority.issue("front", ["cloud", "192.0.2.1"])
    assert texts(of_server(files(good), time.time())) == [
        (Level.OK, '"CN=front", good for clients that say cloud, 192.0.2.1')
    ]
    (found,) = of_server(files(authority.issue("bare")), time.time())
    assert found.level is Level.ERROR and "no name in its SAN" in found.text
    good.cert.unlink()
    (found,) = of_server(files(good), time.time())
    assert "No such file" in found.text


def test_whether_the_revoked_are_refused(authority: Authority, tmp_path: Path) -> None:
    front = authority.issue("front", ["cloud"])
    (found,) = of_lists(files(front))
    assert found.level is Level.WARNING and "no list of revoked certificates" in found.text
    assert str(front.folder / "crl.pem") in found.fix
    assert list(of_lists(replace(files(front), verify=False))) == []
    beside = front.folder / "crl.pem"
    beside.write_bytes(authority.revoke(front).read_bytes())
    assert texts(of_lists(files(front))) == [
        (Level.OK, f"whoever is revoked in {beside} is refused (1 are)")
    ]
    other = Authority(tmp_path / "other").issue("other")
    front.ca.write_bytes(front.ca.read_bytes() + other.ca.read_bytes())
    (_, found) = of_lists(files(front))
    assert found.level is Level.WARNING and "it has no list of" in found.text
    beside.write_text("nothing")
    assert list(of_lists(files(front))) == []
    assert "cannot use TLS CRL" in next(iter(of_server(files(front), time.time()))).text


def test_what_ends(authority: Authority) -> None:
    soon = authority.issue("soon", ["x"], timedelta(days=3, hours=1))
    (_, found) = of_server(files(soon), time.time())
    assert found.level is Level.WARNING and found.text.endswith("(in 3 days)")
    (_, found) = of_server(files(soon), time.time() + 4 * 86400)
    assert found.level is Level.ERROR and "has expired on" in found.text and found.fix


def test_keys_that_others_can_read(tmp_path: Path) -> None:
    modes = {"own": 0o600, "group": 0o640, "writers": 0o660, "all": 0o644}
    for name, mode in modes.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    names = [*modes, "all", "missing"]
    found = list(of_keys(str(tmp_path / name) for name in names))
    assert [Path(one.about).name for one in found] == ["writers", "all"]
    assert found[1].fix == f"chmod 600 {tmp_path / 'all'}"


def test_what_everybody_can_change(authority: Authority) -> None:
    front = authority.issue("front")
    assert list(of_writers([files(front)])) == []
    (front.folder / "crl.pem").touch()
    for path in (front.ca, front.folder / "crl.pem", front.folder):
        path.chmod(0o777)
    found = list(of_writers([files(front), files(front)]))
    assert [one.about for one in found] == [
        str(front.ca),
        str(front.folder / "crl.pem"),
        str(front.folder),
    ]
    assert found[0].fix == f"chmod o-w {front.ca}"
