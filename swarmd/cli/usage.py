"""The help of commands, made from their table. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from swarmd.cli.commands import COMMANDS, Command, CommandOption, family
from swarmd.cli.errors import MEANINGS

_WIDTH = 96


def usage(first: str, prose: str = "") -> str:
    """What ``swarmd FIRST --help`` prints."""
    commands = family(first)
    options = dict.fromkeys(option for command in commands for option in command.options)
    parts = [_synopsis(first, commands)]
    if len(commands) > 1:
        parts.append(_columns([(_form(one, first), one.about) for one in commands]))
    else:
        parts.append(f"{commands[0].about[:1].upper()}{commands[0].about[1:]}.")
    parts += [prose.strip()] * bool(prose)
    parts.append("Options:\n" + _columns([(_option(one), one.about) for one in options]))
    parts.append("Exit status:\n" + _columns([(str(status), text) for status, text in MEANINGS]))
    return "\n\n".join(parts)


def overview() -> str:
    """All commands in one sentence, for the daemon's own help."""
    names = list(dict.fromkeys(command.first for command in COMMANDS))
    return f"Commands of their own, each with --help: {', '.join(names)}."


def _synopsis(first: str, commands: Sequence[Command]) -> str:
    takes = commands[0].takes
    if len(commands) == 1 and takes.startswith("--"):
        return f"Usage: swarmd {commands[0].name} [OPTIONS] {takes}"
    if len(commands) == 1:
        return f"Usage: swarmd {commands[0].name} {takes} [OPTIONS]".replace("  ", " ")
    return f"Usage: swarmd {first} COMMAND [OPTIONS]"


def _form(command: Command, first: str) -> str:
    return f"{command.name.removeprefix(first).strip()} {command.takes}".strip()


def _option(option: CommandOption) -> str:
    letter = f"-{option.letter}, " if option.letter else "    "
    return f"{letter}--{option.name} {option.value}".rstrip()


def _columns(rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    width = max(len(left) for left, _ in rows) + 3
    return "\n".join(_row(left, right, width) for left, right in rows)


def _row(left: str, right: str, width: int) -> str:
    lines = textwrap.wrap(right, _WIDTH - width - 2) or [""]
    first = f"  {left.ljust(width)}{lines[0]}"
    return "\n".join([first, *(" " * (width + 2) + line for line in lines[1:])])
