from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from swarmd.config.store_options import StoreOptions
from swarmd.doctor.config_check import check_config
from swarmd.doctor.finding import Finding, Level, ok
from swarmd.doctor.run import DoctorOptions
from tests.lab.certificates import Authority


def check(path: Path, text: str, now: float = 0.0, **environ: str) -> list[tuple[Level, str]]:
    path.write_text(text)
    options = DoctorOptions()
    options.parseOptions(["--config", str(path)])
    return [(one.level, one.text) for one in check_config(options, environ, now, answers)]


def answers(options: StoreOptions) -> list[Finding]:
    return [ok("store", f"{options.store} answers")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "hosts").write_text("127.0.0.1:1\n127.0.0.1:2\n")
    return tmp_path / "s.toml"


def test_a_good_one(path: Path) -> None:
    (path.parent / "policy.toml").write_text("[role.a]\nallow = ['read']\n")
    assert check(path, 'hosts = "hosts"\nauthz = "policy.toml"\n') == [
        (Level.OK, f"{path} is understood"),
        (Level.OK, "2 engines"),
        (Level.OK, f"{path.parent}/policy.toml has 1 roles"),
    ]


def test_engines_are_of_a_file_or_of_the_line(path: Path) -> None:
    for line, about in (("10.0.0.1", "engines"), (f"file://{path.parent}/hosts", "hosts file")):
        options = DoctorOptions()
        options.parseOptions(["--config", "/dev/null", line])
        assert check_config(options, {}, 0.0, answers)[-1].about == about


def test_a_store_is_asked_once_it_is_known_what_to_ask(path: Path) -> None:
    store = "hosts = 'hosts'\nstore = 'etcd://127.0.0.1:1/p'\n"
    assert (Level.OK, "etcd://127.0.0.1:1/p answers") in check(path, store)
    wrong = check(path, f"{store}store-login = 'gone'")
    assert [level for level, text in wrong if "store" in text] == [Level.ERROR]


def test_every_mistake_of_the_file(path: Path) -> None:
    found = check(path, "a = 1\nb = 2")
    assert [text.partition(": ")[0] for _, text in found] == [f"{path}:1:1", f"{path}:2:1"]
    assert {level for level, _ in found} == {Level.ERROR}
    assert check(path, "", SWARMD_TLS="x")[0][0] is Level.ERROR


def test_what_the_file_names(path: Path) -> None:
    (path.parent / "hosts").write_text("127.0.0.1:1\nb c\n")
    ours = Authority(path.parent / "tls").issue("front", ["cloud"], timedelta(days=-1))
    tls = "".join(
        f"engine-tls{kind} = '{file}'\n"
        for kind, file in (("cacert", ours.ca), ("cert", ours.cert), ("key", ours.key))
    )
    text = f"hosts = 'hosts'\nengine-tlsverify = true\n{tls}authz = 'gone'"
    found = check(path, text, ours.cert.stat().st_mtime, SWARMD_X="1")
    assert [level for level, _ in found].count(Level.ERROR) == 3
    texts = "\n".join(text for _, text in found)
    assert f"{path}:6:9: authz: cannot read policy {path.parent}/gone: No such file" in texts
    assert "'c' is not key=value" in texts
    assert "has expired on" in texts
    assert "SWARMD_X in the environment means nothing" in texts


def test_a_policy_that_only_learns(path: Path) -> None:
    (path.parent / "policy.toml").write_text('mode = "learn"\n')
    found = check(path, "hosts = 'hosts'\nauthz = 'policy.toml'")
    assert (Level.WARNING, f'{path.parent}/policy.toml: mode = "learn" denies nothing') in found


def test_what_is_told_with_its_place_is_not_told_again(path: Path) -> None:
    (found,) = check(path, "hosts = 'gone'")
    assert found[1].startswith(f"{path}:1:9: hosts: cannot read hosts file {path.parent}/gone")
