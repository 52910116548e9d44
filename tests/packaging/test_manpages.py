"""The man pages' sources: every option, key, command, word and right is on its page."""

from __future__ import annotations

import re
from functools import cache

import pytest

from swarmd.authz.rights import RIGHTS, UNKNOWN
from swarmd.cli.commands import COMMANDS, Command
from swarmd.config.option_table import CURRENT
from swarmd.discovery.hosts_file import parse_line
from swarmd.service.command_line import CommandLine
from tests.packaging.builds import SCRIPTS, script

PAGES = sorted((SCRIPTS / "man").glob("*.rst"))
NAMES = {"man8/swarmd.8", "man5/swarmd.toml.5", "man5/swarmd-hosts.5", "man5/swarmd-policy.5"}


@cache
def pages() -> dict[str, str]:
    """Their text, without what makes it bold; a mistake in a source ends it."""
    made = script("manpages")
    found = dict(made.page(path, "2026-01-31") for path in PAGES)
    return {name: _plain(text) for name, text in found.items()}


def _plain(text: str) -> str:
    bare = re.sub(r"\\f[A-Z]|\\f\[[A-Z]*\]|\\%|\\&|\\:", "", text)
    return bare.replace("\\-", "-").replace("\\(aq", "'").replace("\\'", "'")


def test_there_is_a_page_for_each_thing() -> None:
    assert set(pages()) == NAMES


@pytest.mark.parametrize("name", [name.rstrip("=") for name in CommandLine().longOpt])
def test_every_option_is_on_the_page_of_the_daemon(name: str) -> None:
    assert re.search(rf"--{name}\b", pages()["man8/swarmd.8"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_there_with_its_options(command: Command) -> None:
    page = pages()["man8/swarmd.8"]
    assert f"swarmd {command.name}" in page
    assert all(f"--{option.name}" in page for option in command.options)


@pytest.mark.parametrize("name", CURRENT)
def test_every_key_and_variable_is_on_the_page_of_the_file(name: str) -> None:
    page = pages()["man5/swarmd.toml.5"]
    assert re.search(rf"(?m)^(?:\.B )?{name}\b", page) and CURRENT[name].variable in page


def test_the_example_of_the_hosts_file_is_one() -> None:
    source = (SCRIPTS / "man" / "swarmd-hosts.5.rst").read_text()
    lines = source.partition("EXAMPLE\n=======\n\n::\n")[2].partition("SEE ALSO")[0].splitlines()
    assert sum(len(parse_line(line.strip(), 2375, "/etc/swarmd")) for line in lines) == 12


def test_every_word_of_the_hosts_file_is_on_its_page() -> None:
    page = pages()["man5/swarmd-hosts.5"]
    words = ("name", "tls", "tlscacert", "tlscert", "tlskey", "tlscrl", "tlsname", "sshkey")
    assert all(f"{word}=" in page for word in words)


def test_every_right_is_on_the_page_of_the_policy() -> None:
    page = " ".join(pages()["man5/swarmd-policy.5"].split())
    assert [str(right) for right in RIGHTS if right != UNKNOWN and str(right) not in page] == []


def test_no_trace_of_the_machine_is_left() -> None:
    assert not any("Docutils" in text for text in pages().values())
