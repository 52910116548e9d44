"""What packages are made from, without making any."""

from __future__ import annotations

import io
import re
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml

from swarmd.config.option_table import CURRENT
from tests.packaging.builds import SCRIPTS, TREE, script

LOCKS = ["requirements.txt", "build-requirements.txt", "installer-requirements.txt"]
CONF = TREE / "conf"


def locked(name: str) -> dict[str, str]:
    """Names and versions."""
    found = re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (SCRIPTS / name).read_text())
    return dict(found)


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_locked_by_its_hash(name: str) -> None:
    text = (SCRIPTS / name).read_text()
    entries = re.split(r"(?m)^(?=\S)", text)[1:]
    assert entries and all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text  # where it comes from is the machine's business


def test_one_lock_serves_every_python() -> None:
    """Wheels for others than the running Python are fetched by it: no line may depend on that."""
    assert "python_version" not in (SCRIPTS / "requirements.txt").read_text()
    assert "python_full_version" not in (SCRIPTS / "requirements.txt").read_text()


def test_the_lock_has_all_that_swarmd_depends_on() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["zookeeper"]]
    names = {re.split(r"[\[>=]", each)[0].lower() for each in needed}
    assert names <= set(locked("requirements.txt"))


def test_files_of_two_pythons_stand_side_by_side(tmp_path: Path) -> None:
    environment = script("environment")
    for python in ("311", "313"):
        folder = tmp_path / python
        (folder / "one-1.dist-info").mkdir(parents=True)
        (folder / "one-1.dist-info" / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: cp{python}\n")
        (folder / "one-1.dist-info" / "RECORD").write_text(python)
        (folder / f"one.cpython-{python}.so").write_text(python)
        (folder / "one.py").write_text("same")
        environment.merge(folder, tmp_path / "all")
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        *("one-1.dist-info", "one.cpython-311.so", "one.cpython-313.so", "one.py")
    ]
    tags = (tmp_path / "all" / "one-1.dist-info" / "WHEEL").read_text()
    assert tags == "Wheel-Version: 1.0\nTag: cp311\nTag: cp313\n"
    assert not (tmp_path / "all" / "one-1.dist-info" / "RECORD").exists()
    (tmp_path / "313" / "one.py").write_text("other")
    with pytest.raises(environment.Clash, match=r"one\.py"):
        environment.merge(tmp_path / "313", tmp_path / "all")


def test_units_of_the_package_are_those_of_conf_with_its_own_paths() -> None:
    deb = script("build_deb")
    units = deb.units(CONF)
    assert {path.name for kind in ("service", "socket") for path in CONF.glob(f"*.{kind}")} <= set(
        units
    )
    for name, text in units.items():
        assert "/opt/" not in text and "pip install" not in text, name
        assert "/etc/systemd/system/" not in text, name
    assert "ExecStart=/usr/lib/swarmd/bin/twistd " in units["swarmd.service"]


def test_each_instance_has_its_own_folders() -> None:
    text = script("build_deb").units(CONF)["swarmd@.service"]
    assert "--config /etc/swarmd/%i/swarmd.toml" in text
    assert "\nStateDirectory=swarmd/%i\n" in text and "\nRuntimeDirectory=swarmd-%i\n" in text
    assert "/etc/swarmd/swarmd.toml" not in text


def test_the_template_in_conf_is_made_of_the_unit_beside_it() -> None:
    made = script("build_deb").template((CONF / "swarmd.service").read_text())
    kept = (CONF / "swarmd@.service").read_text()
    assert kept[kept.index("[Unit]") :] == made[made.index("[Unit]") :]


def test_a_unit_that_the_template_is_not_made_for_is_noticed() -> None:
    with pytest.raises(ValueError, match="RuntimeDirectory"):
        deb = script("build_deb")
        deb.template((CONF / "swarmd.service").read_text().replace("RuntimeDirectory=swarmd\n", ""))


def test_two_sdists_of_one_tree_are_one(tmp_path: Path) -> None:
    dist, made = script("build_dist"), []
    for mode, time, user in ((0o600, 1, 0), (0o664, 2, 1000)):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for name in ("b", "a") if user else ("a", "b"):
                member = tarfile.TarInfo(name)
                member.mode, member.mtime, member.uid, member.size = mode, time, user, 1
                tar.addfile(member, io.BytesIO(b"x"))
        made.append(dist.repacked(archive.getvalue(), 1_700_000_000))
    assert made[0] == made[1]


def test_the_container_has_no_rights_that_it_does_not_need() -> None:
    service = yaml.safe_load((CONF / "compose.yaml").read_text())["services"]["swarmd"]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "65532:65532"
    assert "USER 65532:65532" in (SCRIPTS / "image" / "Dockerfile").read_text()


def test_the_images_configuration_is_one() -> None:
    given = tomllib.loads((SCRIPTS / "image" / "swarmd.toml").read_text())
    assert set(given) <= set(CURRENT) and given["tlsverify"] is True
    socket = next(one for one in given["host"] if one.startswith("unix://"))
    assert socket.removeprefix("unix://") in (SCRIPTS / "image" / "healthcheck.py").read_text()
