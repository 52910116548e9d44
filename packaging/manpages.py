#!/usr/bin/env python3
"""Makes the man pages: reStructuredText, with lists that come from swarmd's own tables.

A page says ``.. swarmd:: LIST`` where one of ``LISTS`` belongs, and |version| for swarmd's version.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.core import publish_string
from docutils.parsers.rst import Directive, directives
from docutils.readers.standalone import Reader
from docutils.statemachine import StringList
from docutils.transforms import Transform

from swarmd import __version__
from swarmd.authz.rights import RIGHTS, UNKNOWN
from swarmd.cli.commands import COMMANDS
from swarmd.cli.errors import MEANINGS
from swarmd.completion.words import OptionWord, daemon, option_word
from swarmd.config.option_table import CURRENT, Option

_OF_MOST = {"host", "json", "help"}  # the page says it once
_NAME = re.compile(r"(?P<title>[\w.-]+)\.(?P<section>\d)\.rst")


def _options(old: bool) -> Iterator[str]:
    for option in daemon().options:
        if option.old is old:
            yield from _entry(_form(option), option.about)


def _form(option: OptionWord) -> str:
    long = f"**--{option.name}**" + (f"\\ =\\ *{option.value.shown}*" if option.value else "")
    value = f" *{option.value.shown}*" if option.value else ""
    return f"**-{option.letter}**\\ {value}, {long}" if option.letter else long


def _entry(term: str, about: str) -> Iterator[str]:
    yield from (term, f"   {_escaped(about)}", "")


def _escaped(text: str) -> str:
    return re.sub(r"([*`|_\\])", r"\\\1", text)


def _commands() -> Iterator[str]:
    for command in COMMANDS:
        about = f"{command.about[:1].upper()}{command.about[1:]}."
        yield from _entry(f"**swarmd {command.name}** {_escaped(command.takes)}".rstrip(), about)
        for option in map(option_word, command.options):
            if option.name not in _OF_MOST:
                yield from (f"   {_form(option)}", f"      {_escaped(option.about)}.", "")


def _keys() -> Iterator[str]:
    about = {option.name: option.about for option in daemon().options}
    about["discovery"] = (
        "Engines, in place of hosts: file:///PATH, nodes://HOST[:PORT],… or the list."
    )
    for option in CURRENT.values():
        notes = [str(option.kind)[:1].upper() + str(option.kind)[1:], _default(option)]
        notes.append("Counts at once on SIGHUP" if option.live else "Needs a restart")
        yield from _entry(
            f"**{option.name}**", f"{'; '.join(filter(None, notes))}. {about[option.name]}"
        )


def _default(option: Option) -> str:
    default = option.default or option.usual
    return f"default {default}" if default else ""


def _variables() -> Iterator[str]:
    for option in CURRENT.values():
        yield from _entry(f"**{option.variable}**", f"Counts before the file's key {option.name}.")


def _exits() -> Iterator[str]:
    for status, meaning in MEANINGS:
        yield from _entry(f"**{status}**", f"{meaning[:1].upper()}{meaning[1:]}.")


def _rights() -> Iterator[str]:
    yield "   " + ", ".join(dict.fromkeys(str(right) for right in RIGHTS if right != UNKNOWN))


LISTS: Mapping[str, Callable[[], Iterator[str]]] = {
    "options": lambda: _options(old=False),
    "old-options": lambda: _options(old=True),
    "commands": _commands,
    "keys": _keys,
    "variables": _variables,
    "exits": _exits,
    "rights": _rights,
}


class TableDirective(Directive):
    """``.. swarmd:: options``: a list made from a table of swarmd."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines = list(LISTS[self.arguments[0]]())
        container = nodes.container()
        self.state.nested_parse(StringList(lines, "tables of swarmd"), 0, container)
        return container.children


class PlainAddresses(Transform):
    """Leaves addresses (``tcp://HOST``) what they are, where a page of the web has links."""

    default_priority = 800

    def apply(self) -> None:
        for link in list(self.document.findall(nodes.reference)):
            link.replace_self(link.children)


class PageReader(Reader):
    """Reads a page as any other, but for its addresses."""

    def get_transforms(self) -> list[type[Transform]]:
        return [*super().get_transforms(), PlainAddresses]


def page(path: Path, date: str) -> tuple[str, str]:
    """Where a man page belongs, and its text."""
    found = _NAME.fullmatch(path.name)
    if not found:
        raise ValueError(f"{path.name}: a page is called TITLE.SECTION.rst")
    directives.register_directive("swarmd", TableDirective)
    head = (
        f":Date: {date}\n:Manual section: {found['section']}\n:Manual group: swarmd {__version__}\n"
    )
    title, subtitle, rest = path.read_text().split("\n\n", 2)
    settings: dict[str, Any] = {
        "report_level": 2, "halt_level": 2, "output_encoding": "unicode",
        "file_insertion_enabled": False,
    }  # fmt: skip
    text = publish_string(
        "\n\n".join([title, subtitle, head, rest]),
        reader=PageReader(),
        writer="manpage",
        settings_overrides=settings,
    )
    return f"man{found['section']}/{found['title']}.{found['section']}", _tidy(str(text))


def _tidy(text: str) -> str:
    """Without the writer's own version, so that the same sources give the same page."""
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(('.\\" Generated by', '.\\" by the'))
    ]
    return "\n".join(kept) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    date = datetime.fromtimestamp(seconds, UTC).date().isoformat()
    for source in sorted(given.sources.glob("*.rst")):
        place, text = page(source, date)
        (given.target / place).parent.mkdir(parents=True, exist_ok=True)
        (given.target / place).write_text(text)


if __name__ == "__main__":
    main()
