"""The example of a configuration file, and the page on it, have every option as it is."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

from swarmd.config.option_table import CURRENT
from swarmd.config.print_config import default, toml
from swarmd.config.sources.config_file import parse_config

TREE = Path(__file__).resolve().parents[2]
EXAMPLE = (TREE / "conf" / "swarmd.toml").read_text()
PAGE = (TREE / "docs" / "configuration.rst").read_text()
# An option, whether it is commented out or not.
_LINE = re.compile(r"^#?([a-z-]+ = .*)$", re.MULTILINE)


def test_as_it_is_the_example_names_the_hosts_file_and_nothing_else() -> None:
    found = parse_config(EXAMPLE, "/etc/swarmd/swarmd.toml")
    assert {name: one.value for name, one in found.items()} == {"hosts": "/etc/swarmd/hosts"}


def test_the_example_has_every_option_with_its_default() -> None:
    lines = _LINE.findall(EXAMPLE)
    found = parse_config("\n".join(lines), "/etc/swarmd/swarmd.toml")
    assert list(found) == list(CURRENT)
    examples = {line.partition(" = ")[0] for line in lines if re.search(r"# e\.g\.", line)}
    for name, option in CURRENT.items():
        if default(option) is None:
            assert name in examples or name == "hosts"
        else:
            assert toml(option, found[name].value) == toml(option, default(option))
            assert name not in examples


def test_the_example_says_what_counts_at_once() -> None:
    marked = {line.partition(" = ")[0] for line in _LINE.findall(EXAMPLE) if "(live)" in line}
    assert marked == {name for name, option in CURRENT.items() if option.live}


def test_the_page_has_every_option_as_it_is() -> None:
    (table,) = publish_doctree(PAGE).findall(nodes.tbody)
    rows = [tuple(cell.astext() for cell in row.children) for row in table.children]
    expected = []
    for name, option in CURRENT.items():
        usual = default(option)
        shown = "none" if usual in (None, []) else toml(option, usual)
        expected.append((name, option.variable, shown, "at once" if option.live else "restart"))
    assert rows == expected
