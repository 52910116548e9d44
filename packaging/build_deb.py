#!/usr/bin/env python3
"""Builds the Debian package from sdist, wheel and the wheels of what swarmd needs. Asks no network.

It lays out the package's root (``stage/``) and leaves the rest to debhelper.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from email.message import Message
from email.parser import HeaderParser
from email.utils import formatdate
from pathlib import Path

from environment import PYTHONS, make_tree
from sbom import write_of_environment

HOME = "/usr/lib/swarmd"
SITE = f"{HOME}/lib/python3/site-packages"
DOC = "usr/share/doc/swarmd"
SBOM = "sbom.cdx.json"
CONFFILES = ("hosts", "policy.toml", "swarmd.toml")
# Of an installation by hand: conf/swarmd.service says it so.
BY_HAND = "/opt/swarmd/bin/"
BY_ADMINISTRATOR = "/etc/systemd/system/"
UNIT_HEAD = """\
# Options belong into {config}; `swarmd --check-config` looks at it, `systemctl reload` reads it
# again. Flags, which count before it, belong into a drop-in: systemctl edit {unit}
"""
SCRIPT = """\
#!{home}/bin/python3 -I
import sys

from {module} import {function}

if __name__ == "__main__":
    sys.argv[0] = "{name}"
    sys.exit({function}())
"""
SCRIPTS = {"swarmd": ("swarmd.__main__", "main"), "twistd": ("twisted.scripts.twistd", "run")}
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/swarmd",
    "zsh": "usr/share/zsh/vendor-completions/_swarmd",
    "fish": "usr/share/fish/vendor_completions.d/swarmd.fish",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dist", type=Path, help="folder of sdist and wheel")
    parser.add_argument("wheels", type=Path, help="folder of environment.py fetch")
    parser.add_argument("folder", type=Path, help="where the package goes")
    given = parser.parse_args()
    (sdist,), (wheel,) = given.dist.glob("swarmd-*.tar.gz"), given.dist.glob("swarmd-*.whl")
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(sdist) as archive:
            archive.extractall(scratch, filter="data")
        source = next(Path(scratch).glob("swarmd-*"))
        lay_out(source, wheel.resolve(), given.wheels.resolve())
        _call("dpkg-buildpackage", "--build=binary", "--no-sign", "--jobs=1", folder=source)
        given.folder.mkdir(parents=True, exist_ok=True)
        for package in Path(scratch).glob("*.deb"):
            shutil.copy(package, given.folder)
            shutil.copy(source / "stage" / DOC / SBOM, given.folder / f"{package.name}.cdx.json")


def lay_out(source: Path, wheel: Path, wheels: Path) -> None:
    """Makes debian/ and stage/ in an unpacked sdist."""
    stage, debian = source / "stage", source / "debian"
    shutil.copytree(source / "packaging" / "debian", debian)
    make_tree(wheels, wheel, stage / HOME[1:])
    _lay_programs(stage)
    (stage / DOC).mkdir(parents=True)
    write_of_environment(stage / HOME[1:] / "bin" / "python3", stage / DOC / SBOM)
    _lay_configuration(source, stage)
    _lay_pages(source, stage)
    _lay_debian(source, debian, sorted(stage.glob("usr/lib/systemd/system/*")))


# The root of the package


def _lay_programs(stage: Path) -> None:
    programs = stage / HOME[1:] / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to("/usr/bin/python3")
    (programs.parent / "pyvenv.cfg").write_text(
        "home = /usr/bin\ninclude-system-site-packages = false\n"
    )
    for name, (module, function) in SCRIPTS.items():
        text = SCRIPT.format(home=HOME, name=name, module=module, function=function)
        _write(programs / name, text, 0o755)
    (stage / "usr/bin").mkdir(parents=True)
    (stage / "usr/bin/swarmd").symlink_to("../lib/swarmd/bin/swarmd")
    _write(
        stage / "usr/share/python3/runtime.d/swarmd.rtupdate",
        (Path(__file__).parent / "debian" / "rtupdate").read_text(),
        0o755,
    )


def _lay_configuration(source: Path, stage: Path) -> None:
    for name in CONFFILES:
        _write(stage / "etc/swarmd" / name, (source / "conf" / name).read_text())
    for name, text in units(source / "conf").items():
        _write(stage / "usr/lib/systemd/system" / name, text)


def units(conf: Path) -> Mapping[str, str]:
    """All units of conf/, as they are in the package, and a template of swarmd.service."""
    paths = [path for kind in ("service", "socket", "timer") for path in conf.glob(f"*.{kind}")]
    texts = {path.name: path.read_text() for path in paths}
    texts.setdefault("swarmd@.service", template(texts["swarmd.service"]))
    return {name: packaged(name, text) for name, text in sorted(texts.items())}


def packaged(name: str, text: str) -> str:
    """A unit without what its head says of an installation by hand."""
    head, mark, rest = text.partition("[Unit]")
    head = head.replace(f"# {BY_ADMINISTRATOR}{name}: ", f"# {name}: ")
    if BY_HAND in rest:
        config = "/etc/swarmd/%i/swarmd.toml" if "@" in name else "/etc/swarmd/swarmd.toml"
        head = UNIT_HEAD.format(config=config.replace("%i", "NAME"), unit=name) + "\n"
    return head + mark + rest.replace(BY_HAND, f"{HOME}/bin/")


def template(text: str) -> str:
    """The unit of one fleet of several, each with a folder of its own in /etc/swarmd."""
    for old, new in (
        ("Description=swarmd,", "Description=swarmd for %i,"),
        ("/etc/swarmd/swarmd.toml\n", "/etc/swarmd/%i/swarmd.toml\n"),
        ("\nStateDirectory=swarmd\n", "\nStateDirectory=swarmd/%i\n"),
        ("\nRuntimeDirectory=swarmd\n", "\nRuntimeDirectory=swarmd-%i\n"),
        ("/var/lib/swarmd and", "/var/lib/swarmd/%i and"),
        ("unix:///run/swarmd/", "unix:///run/swarmd-%i/"),
    ):
        if old not in text:
            raise ValueError(f"conf/swarmd.service: no {old.strip()!r} in it any more")
        text = text.replace(old, new)
    return text


def _lay_pages(source: Path, stage: Path) -> None:
    pages = [*source.glob("*.rst"), *source.glob("docs/*.rst")]
    for page in pages:
        if page.name != "CONTRIBUTING.rst":
            _write(stage / DOC / page.name, page.read_text())
    _lay_examples(source / "conf", stage / DOC / "examples")
    _write(stage / DOC / "copyright", copyrights(stage / SITE[1:]))
    python = [sys.executable, str(Path(__file__).with_name("manpages.py"))]
    _call(*python, str(source / "packaging" / "man"), str(stage / "usr/share/man"), site=stage)
    for shell, place in COMPLETIONS.items():
        _write(stage / place, _output("-m", "swarmd", "completion", shell, site=stage))


def _lay_examples(conf: Path, target: Path) -> None:
    """Those of whole fleets have a name that says so."""
    shutil.copytree(conf, target, ignore=shutil.ignore_patterns("examples", ".gitignore"))
    if (fleets := conf / "examples").exists():
        shutil.copytree(fleets, target / "fleets", ignore=shutil.ignore_patterns(".gitignore"))


def copyrights(site: Path) -> str:
    """Whose what is, and by which licence; the texts lie beside it."""
    lines = [(Path(__file__).parent / "debian" / "copyright.head").read_text()]
    for folder in sorted(site.glob("*.dist-info")):
        about = HeaderParser().parsestr((folder / "METADATA").read_text())
        lines.append(f"  {about['Name']} {about['Version']}: {licence(about)}")
    return "\n".join(lines) + "\n"


def licence(about: Message) -> str:
    stated = about["License-Expression"] or about["License"] or ""
    classes = [
        line.split(" :: ")[-1] for line in about.get_all("Classifier", ()) if "License ::" in line
    ]
    return stated if re.fullmatch(r"[\w .,()-]{2,60}", stated) else ", ".join(classes) or stated


# What debhelper reads


def _lay_debian(source: Path, debian: Path, placed: Iterable[Path]) -> None:
    version = _version(source)
    date = formatdate(int(os.environ["SOURCE_DATE_EPOCH"]))
    maintainer = re.search(r"^Maintainer: (.*)$", (debian / "control").read_text(), re.MULTILINE)
    assert maintainer
    (debian / "changelog").write_text(
        f"swarmd ({version}-1) unstable; urgency=medium\n\n"
        f"  * Release {version}: see changelog.gz.\n\n"
        f" -- {maintainer[1]}  {date}\n"
    )
    last = PYTHONS[-1].split(".")
    beyond = f"{last[0]}.{int(last[1]) + 1}~"
    substitutions = f"python:First={PYTHONS[0]}\npython:Beyond={beyond}\n"
    (debian / "python.substvars").write_text(substitutions)
    names = " ".join(path.name for path in placed if "@" not in path.name)
    for script in ("postinst", "prerm", "postrm"):
        path = debian / f"swarmd.{script}"
        path.write_text(path.read_text().replace("@UNITS@", names))
    (debian / "source").mkdir()
    (debian / "source" / "format").write_text("3.0 (quilt)\n")


def _version(source: Path) -> str:
    name = source.name.removeprefix("swarmd-")
    return re.sub(r"\.?(a|b|rc|dev)(\d+)", r"~\1\2", name)  # before the release, to dpkg


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _environment(site: Path) -> dict[str, str]:
    """The staged swarmd under this Python; what runs leaves nothing behind."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SWARMD_")}
    return {**kept, "PYTHONPATH": str(site / SITE[1:]), "PYTHONDONTWRITEBYTECODE": "1"}


def _call(*command: str, folder: Path | None = None, site: Path | None = None) -> None:
    environment = _environment(site) if site else None
    subprocess.run(command, check=True, cwd=folder, env=environment, timeout=900)


def _output(*words: str, site: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", *words],
        check=True, env=_environment(site), timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    main()
