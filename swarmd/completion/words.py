"""What can be typed after ``swarmd``, as shells complete it and the manual lists it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from twisted.python import usage

from swarmd.cli.commands import COMMANDS, Command, CommandOption
from swarmd.config.option_table import OPTIONS, TABLE, Option
from swarmd.doctor.run import DoctorOptions
from swarmd.scheduler.registry import FILTERS, STRATEGIES
from swarmd.service.command_line import CommandLine

_DAEMONS = "[options of the daemon]"
# Values that an option takes, where there is a fixed list of them.
CHOICES = {
    "strategy": tuple(STRATEGIES),
    "filter": tuple(FILTERS),
    "volume-scope": ("one", "all"),
    "distribute-builds": ("all",),
    "reschedule": ("off", "on-node-failure"),
    "log-format": ("text", "json"),
    "ui": ("on", "off"),
    "log-level": ("debug", "info", "warn", "error", "fatal"),
}
_FOLDERS = {"state-dir"}


class Kind(StrEnum):
    """What stands in a place, and so where its completions come from."""

    FILE = "file"
    FOLDER = "folder"
    NODE = "node"
    CONTAINER = "container"
    OTHER = "other"  # nobody can know


_KINDS = {"POLICY": Kind.FILE, "BODY": Kind.FILE, **{kind.name: kind for kind in Kind}}


class Value(NamedTuple):
    """A value that is typed.

    Attributes:
        shown: Its name, as help has it: FILE.
        choices: All that it can be; none if that is open.
    """

    shown: str
    kind: Kind = Kind.OTHER
    choices: tuple[str, ...] = ()


class OptionWord(NamedTuple):
    """An option, long and short.

    Attributes:
        value: None for a flag.
        many: It may be given several times.
        old: Of classic Swarm: taken, and shown to nobody.
    """

    name: str
    about: str
    letter: str = ""
    value: Value | None = None
    many: bool = False
    old: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        return (f"--{self.name}", *([f"-{self.letter}"] if self.letter else []))


class CommandWord(NamedTuple):
    """A command; the one without a name is the daemon.

    Attributes:
        takes: What follows, in order.
        repeats: The last of it can come again.
    """

    name: str
    about: str
    options: tuple[OptionWord, ...]
    takes: tuple[Value, ...] = ()
    repeats: bool = False

    @property
    def shown(self) -> tuple[OptionWord, ...]:
        return tuple(option for option in self.options if not option.old)


def daemon() -> CommandWord:
    """As its own parser has it."""
    return CommandWord("", "the daemon", _options(CommandLine()), (Value("DISCOVERY", Kind.FILE),))


def _options(given: usage.Options) -> tuple[OptionWord, ...]:
    """Those of a parser, in the order of the option table."""
    letters = {long: short for short, long in given.synonyms.items() if len(short) == 1}
    names = {name.rstrip("="): name.endswith("=") for name in given.longOpt}
    order = [name for name in names if name not in OPTIONS]
    order += [option.name for option in TABLE if option.name in names]
    about = {name: " ".join(given.docs[name].split()) for name in order}
    return tuple(_parsed(name, about[name], letters, names[name]) for name in order)


def _parsed(name: str, about: str, letters: dict[str, str], valued: bool) -> OptionWord:
    row = OPTIONS.get(name, Option(name, OPTIONS["host"].kind))
    letter = "h" if name == "help" else letters.get(name, "")
    value = Value(_metavariable(name), _kind(name), CHOICES.get(name, ())) if valued else None
    return OptionWord(name, about, letter, value, name in _LISTS, row.old)


_LISTS = {option.name for option in TABLE if option.kind is OPTIONS["host"].kind}


def _kind(name: str) -> Kind:
    if name in _FOLDERS:
        return Kind.FOLDER
    is_file = name == "config" or (name in OPTIONS and OPTIONS[name].path)
    return Kind.FILE if is_file else Kind.OTHER


def _metavariable(name: str) -> str:
    if _kind(name) is not Kind.OTHER:
        return _kind(name).name
    words = {"heartbeat": "TIME", "host": "ADDR", "strategy": "NAME", "filter": "NAME"}
    return words.get(name, "KEY=VALUE" if name == "cluster-opt" else "VALUE")


def commands() -> tuple[CommandWord, ...]:
    """All commands, as their table has them."""
    return tuple(_command(one) for one in COMMANDS)


def _command(one: Command) -> CommandWord:
    own = [option_word(option) for option in one.options]
    takes = one.takes.removeprefix(_DAEMONS)
    if takes != one.takes:
        known = {option.name for option in own}
        own += [option for option in _options(DoctorOptions()) if option.name not in known]
    places = re.findall(r"[A-Z][A-Z=]*|[a-z|]+\|[a-z]+", takes.partition("--")[0])
    values = tuple(_place(place) for place in places)
    repeats = bool(values) and takes.rstrip("]").endswith("...")
    return CommandWord(one.name, one.about, tuple(own), values, repeats)


def _place(shown: str) -> Value:
    """A place of a command line: a word in capitals, or its choices: one|other."""
    choices = tuple(shown.split("|")) if "|" in shown else ()
    return Value(shown, _KINDS.get(shown, Kind.OTHER), choices)


def option_word(option: CommandOption) -> OptionWord:
    kind = _KINDS.get(option.value, Kind.OTHER)
    value = Value(option.value, kind) if option.value else None
    return OptionWord(option.name, option.about, option.letter, value, option.many)


def following(all_commands: Iterable[CommandWord], before: str) -> dict[str, str]:
    """Words that can come after the words of a command, with what each is about."""
    found: dict[str, str] = {}
    for command in all_commands:
        if command.name != before and f"{command.name} ".startswith(f"{before} ".lstrip()):
            word, _, rest = command.name.removeprefix(before).strip().partition(" ")
            found.setdefault(word, f"commands: swarmd {word} --help" if rest else command.about)
    return found


def shared(all_commands: Iterable[CommandWord], family: str) -> tuple[OptionWord, ...]:
    """What can stand between the two words of any command of a family, in the first one's order."""
    own = [one.options for one in all_commands if one.name.startswith(f"{family} ")]
    return tuple(option for option in own[0] if all(option in others for others in own[1:]))
