"""Bills of materials: valid, complete, and the same each time."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.packaging.builds import Build, call

pytestmark = pytest.mark.packaging


def bills(build: Build) -> dict[str, Path]:
    return {
        "dist": build.file("swarmd-*.cdx.json"),
        "deb": build.file("*.deb.cdx.json"),
        "image": build.context / "sbom.cdx.json",
    }


@pytest.mark.parametrize("kind", ["dist", "deb", "image"])
def test_a_bill_is_valid_complete_and_reproducible(
    kind: str, built: Build, built_again: Build, sources: Path
) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema").SchemaVersion.V1_6
    text = bills(built)[kind].read_text()
    assert validation.JsonStrictValidator(schema).validate_str(text) is None
    found = json.loads(text)
    assert found["metadata"]["component"]["name"] == "swarmd"
    have = {f"{_plain(one['name'])}=={one['version']}" for one in found["components"]}
    lock = (sources / "packaging" / "requirements.txt").read_text()
    pairs = re.findall(r"(?m)^(\S+)==(\S+)", lock)
    locked = {f"{_plain(name)}=={version}" for name, version in pairs}
    assert have == locked
    assert text == bills(built_again)[kind].read_text()


def _plain(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()


def test_the_package_has_its_bill_with_it(built: Build, tmp_path: Path) -> None:
    call("dpkg-deb", "-x", built.deb, tmp_path)
    inside = tmp_path / "usr/share/doc/swarmd/sbom.cdx.json"
    assert inside.read_text() == bills(built)["deb"].read_text()
