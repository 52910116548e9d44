"""Completion as it is typed: in the real shells, with names that a running swarmd has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.terminal import Terminal
from tests.lab.waiting import eventually
from tests.packaging.builds import call

pytestmark = pytest.mark.packaging
_BIN = Path(sys.executable).parent
_WITHIN, _TRIES = 90.0, 6  # seconds, on a busy machine


@pytest.fixture(scope="module")
def swarmd(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    running = Swarmd(tmp_path_factory.mktemp("swarmd"), fleet)
    try:
        running.start(len(fleet.engines))
        yield running
    finally:
        running.close()


@pytest.fixture
def environment(swarmd: Swarmd, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{_BIN}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "DOCKER_HOST": swarmd.url,
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all three, as swarmd prints them."""
    folder = tmp_path_factory.mktemp("scripts")
    for shell in ("bash", "zsh", "fish"):
        (folder / shell).write_text(call(_BIN / "swarmd", "completion", shell))
    return folder


@pytest.fixture(params=["bash", "zsh"])
def shell(
    request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path, scripts: Path
) -> Iterator[Terminal]:
    """Waits for what is typed, with the script read as its documentation says."""
    source = scripts / request.param
    if request.param == "bash":
        commands = ["bash", "--norc", "--noprofile", "-i"]
        begin = f"source /usr/share/bash-completion/bash_completion; source {source}"
    else:
        shutil.copy(source, tmp_path / "_swarmd")
        commands = ["zsh", "-f", "-i"]
        begin = f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D"
        begin += "; unsetopt zle_bracketed_paste"
    terminal = Terminal(commands, environment, 50, 120)
    try:
        terminal.type(f"{begin}; echo rea''dy\n")
        terminal.expect("ready", _WITHIN)
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("swarmd no", "swarmd node "),
        ("swarmd node dr", "swarmd node drain "),
        ("swarmd --log-le", "swarmd --log-level"),
        ("swarmd -l wa", "swarmd -l warn "),
        ("swarmd node drain node-2", "swarmd node drain node-2 "),
        ("swarmd completion z", "swarmd completion zsh "),
        ("swarmd node --js", "swarmd node --json "),
        ("swarmd node --json unc", "swarmd node --json uncordon "),
        ("swarmd node -H unix:///none --json inspect --he", " inspect --help "),
    ],
)
def test_a_tab_completes(shell: Terminal, typed: str, shown: str) -> None:
    completes(shell, typed, shown)


def completes(shell: Terminal, typed: str, shown: str) -> None:
    """Names that a busy machine has not got in time are asked for again by the next tab."""
    shell.out = ""
    shell.type(typed)
    for _ in range(_TRIES):
        shell.type("\t")
        if shell.saw(shown, _WITHIN / _TRIES):
            return
    raise AssertionError(shell.out)


@pytest.mark.parametrize("option", ["-H ", "--host "])
def test_the_swarmd_on_the_line_is_asked(shell: Terminal, swarmd: Swarmd, option: str) -> None:
    shell.type("unset DOCKER_HOST; echo uns''et\n")
    shell.expect("unset", _WITHIN)
    line = f"swarmd node {option}{swarmd.url} cordon node-"
    completes(shell, f"{line}3", f"{line}3 ")


def test_two_tabs_show_what_there_is(shell: Terminal) -> None:
    shell.out = ""
    shell.type("swarmd node drain ")
    for _ in range(_TRIES):
        shell.type("\t\t")
        if all(shell.saw(f"node-{n}", _WITHIN / _TRIES / 3) for n in (1, 2, 3)):
            return
    raise AssertionError(shell.out)


def in_fish(environment: dict[str, str], source: Path, line: str) -> list[str]:
    """What fish would offer, by its own word for that."""
    asked = f"source {source}; complete -C {line!r}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked],
        env=environment, capture_output=True, text=True, timeout=_WITHIN,
    )  # fmt: skip
    assert done.stderr == ""
    return [offered.partition("\t")[0] for offered in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("swarmd no", ["node"]),
        ("swarmd node dr", ["drain"]),
        ("swarmd --log-le", ["--log-level"]),
        ("swarmd -l wa", ["-lwarn", "warn"]),
        ("swarmd node drain ", ["node-1", "node-2", "node-3"]),
        ("swarmd node drain node-1 ", []),
        ("swarmd node -H @URL@ inspect node-", ["node-1", "node-2", "node-3"]),
        ("swarmd completion f", ["fish"]),
        ("swarmd node ls --js", ["--json"]),
    ],
)
def test_fish_offers(
    environment: dict[str, str], scripts: Path, swarmd: Swarmd, line: str, offered: list[str]
) -> None:
    line = line.replace("@URL@", swarmd.url)

    def fits() -> bool:
        found = in_fish(environment, scripts / "fish", line)
        return set(found) <= set(offered) and bool(found) is bool(offered)

    eventually(fits, _WITHIN, what=line)


def test_containers_are_offered_by_name(
    environment: dict[str, str], scripts: Path, swarmd: Swarmd, fleet: Fleet
) -> None:
    for name in ("shell-web", "shell-db"):
        swarmd.api.post(f"/containers/create?name={name}", {"Image": "busybox"})
    try:
        source = scripts / "fish"
        for begin, names in (("shell-", ["shell-db", "shell-web"]), ("shell-w", ["shell-web"])):
            line = f"swarmd node forget node-1 {begin}"
            eventually(lambda: in_fish(environment, source, line) == names, _WITHIN, what=line)  # noqa: B023
    finally:
        fleet.remove_all()


def test_nobody_waits_for_a_swarmd_that_is_not_there(
    environment: dict[str, str], tmp_path: Path, scripts: Path
) -> None:
    environment["DOCKER_HOST"] = f"unix://{tmp_path}/none"
    assert in_fish(environment, scripts / "fish", "swarmd node drain ") == []
